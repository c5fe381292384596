/* SPDX-License-Identifier: Apache-2.0 */
/* The life of frames: JPEG bytes -> tensor -> letterboxed model input -> (outputs of a small
 * made-up model) -> boxes, masks, tracks -> overlay -> JPEG. argv[1]: a JPEG of 640 x 480. */
#include "check.h"
#include "sample.h"

static hal_image_processor* g_processor;
static hal_tensor *g_detections, *g_protos;

enum { SIDE = 320 };

/* The picture as the model wants it, and where it lies in the input. */
static hal_tensor* letterboxed(const hal_tensor* frame, float letterbox[4]) {
  hal_tensor* input = hal_image_processor_create_image(g_processor, SIDE, SIDE,
                                                       HAL_PIXEL_FORMAT_PLANAR_RGB, HAL_DTYPE_U8);
  const struct hal_rect content =
      hal_letterbox(hal_tensor_width(frame), hal_tensor_height(frame), SIDE, SIDE);
  struct hal_crop crop = hal_crop_new();
  hal_crop_set_dst_rect(&crop, &content);
  hal_crop_set_dst_color(&crop, 114, 114, 114, 255);
  CHECK(hal_image_processor_convert(g_processor, frame, input, HAL_ROTATION_NONE, HAL_FLIP_NONE,
                                    &crop) == 0);
  letterbox[0] = (float)content.left / SIDE;
  letterbox[1] = (float)content.top / SIDE;
  letterbox[2] = (float)(content.left + content.width) / SIDE;
  letterbox[3] = (float)(content.top + content.height) / SIDE;
  return input;
}

static size_t painted_pixels(const hal_tensor* a, const hal_tensor* b) {
  hal_tensor_map *left = hal_tensor_map_create(a), *right = hal_tensor_map_create(b);
  const uint8_t *x = hal_tensor_map_data_const(left), *y = hal_tensor_map_data_const(right);
  size_t count = 0;
  for (size_t row = 0; row < hal_tensor_height(a); ++row) {
    for (size_t column = 0; column < hal_tensor_width(a); ++column) {
      count += memcmp(x + row * hal_tensor_row_stride(a) + column * 4,
                      y + row * hal_tensor_row_stride(b) + column * 4, 3) != 0;
    }
  }
  hal_tensor_map_unmap(left);
  hal_tensor_map_unmap(right);
  return count;
}

static void frames_become_tracked_overlays(const uint8_t* jpeg, size_t length) {
  const hal_tensor* outputs[2] = {g_detections, g_protos};
  hal_decoder* decoder = make_masks_decoder();
  hal_bytetrack* tracker = hal_bytetrack_new_default();
  hal_tensor* frame =
      hal_tensor_new_image(640, 480, HAL_PIXEL_FORMAT_RGBA, HAL_DTYPE_U8, HAL_TENSOR_MEMORY_MEM);
  hal_tensor* canvas =
      hal_image_processor_create_image(g_processor, 640, 480, HAL_PIXEL_FORMAT_RGBA, HAL_DTYPE_U8);
  NEED(decoder != NULL && tracker != NULL && frame != NULL && canvas != NULL);
  struct hal_track_info first = {{0}, {0}, 0, 0, 0}, track = first;
  for (uint64_t number = 1; number <= 4; ++number) {
    float letterbox[4];
    NEED(hal_tensor_decode_image(frame, jpeg, length, HAL_PIXEL_FORMAT_RGBA, NULL, NULL) == 0);
    hal_tensor* input = letterboxed(frame, letterbox);
    CHECK(byte_at(input, 0) == 114);
    hal_detect_box_list* boxes = NULL;
    hal_track_info_list* tracks = NULL;
    QUIET(hal_image_processor_draw_masks_tracked(g_processor, decoder, tracker, number * 40000000,
                                                 outputs, 2, canvas, frame, 0.5F, letterbox,
                                                 HAL_COLOR_MODE_TRACK, &boxes, &tracks) == 0);
    NEED(hal_detect_box_list_len(boxes) == 2 && hal_track_info_list_len(tracks) == 2);
    CHECK(hal_track_info_list_get(tracks, 0, number == 1 ? &first : &track) == 0);
    CHECK(painted_pixels(frame, canvas) > 1000);
    hal_detect_box_list_free(boxes);
    hal_track_info_list_free(tracks);
    hal_tensor_free(input);
  }
  CHECK(memcmp(first.uuid, track.uuid, 16) == 0);
  CHECK(hal_tensor_save_jpeg(canvas, "overlay.jpg", 90) == 0);
  hal_tensor* saved =
      hal_tensor_load_image_file("overlay.jpg", HAL_PIXEL_FORMAT_RGB, HAL_TENSOR_MEMORY_MEM);
  CHECK(hal_tensor_width(saved) == 640 && hal_tensor_height(saved) == 480);
  remove("overlay.jpg");
  hal_tensor_free(saved);
  hal_tensor_free(frame);
  hal_tensor_free(canvas);
  hal_bytetrack_free(tracker);
  hal_decoder_free(decoder);
}

/* The same loop a step a call: decode, convert, decode outputs, track, draw, encode. */
static void frames_go_through_the_loop_step_by_step(const uint8_t* jpeg, size_t length) {
  const hal_tensor* outputs[2] = {g_detections, g_protos};
  hal_decoder* decoder = make_masks_decoder();
  hal_bytetrack* tracker = hal_bytetrack_new_default();
  hal_tensor* frame =
      hal_tensor_new_image(640, 480, HAL_PIXEL_FORMAT_RGB, HAL_DTYPE_U8, HAL_TENSOR_MEMORY_MEM);
  hal_tensor* canvas =
      hal_tensor_new_image(640, 480, HAL_PIXEL_FORMAT_RGB, HAL_DTYPE_U8, HAL_TENSOR_MEMORY_MEM);
  for (uint64_t number = 1; number <= 4; ++number) {
    float letterbox[4];
    NEED(hal_tensor_decode_image(frame, jpeg, length, HAL_PIXEL_FORMAT_RGB, NULL, NULL) == 0);
    hal_tensor* input = letterboxed(frame, letterbox);
    hal_detect_box_list* boxes = NULL;
    hal_segmentation_list* masks = NULL;
    NEED(hal_decoder_decode(decoder, outputs, 2, &boxes, &masks) == 0);
    hal_track_info_list* tracks = hal_bytetrack_update(tracker, boxes, number * 40000000);
    CHECK(hal_track_info_list_len(tracks) == 2);
    struct hal_overlay overlay = hal_overlay_new();
    overlay.detections = boxes;
    overlay.segmentations = masks;
    overlay.tracks = tracks;
    overlay.background = frame;
    overlay.letterbox = letterbox;
    overlay.labels = true;
    QUIET(hal_image_processor_draw_overlay(g_processor, canvas, &overlay) == 0);
    size_t size = 0;
    uint8_t* encoded = hal_tensor_encode_jpeg(canvas, 85, &size);
    CHECK(encoded != NULL && size > 1000 && encoded[0] == 0xFF && encoded[1] == 0xD8);
    free(encoded);
    hal_track_info_list_free(tracks);
    hal_segmentation_list_free(masks);
    hal_detect_box_list_free(boxes);
    hal_tensor_free(input);
  }
  hal_tensor_free(frame);
  hal_tensor_free(canvas);
  hal_bytetrack_free(tracker);
  hal_decoder_free(decoder);
}

/* What draw_masks does in one call, its parts do as well. */
static void drawing_in_parts_gives_the_same_picture(void) {
  const hal_tensor* outputs[2] = {g_detections, g_protos};
  const hal_color_mode mode = HAL_COLOR_MODE_CLASS;
  hal_decoder* decoder = make_masks_decoder();
  hal_tensor* background = make_picture(160, 120, HAL_PIXEL_FORMAT_RGBA);
  hal_tensor* whole = make_picture(160, 120, HAL_PIXEL_FORMAT_RGBA);
  hal_tensor* parts = make_picture(160, 120, HAL_PIXEL_FORMAT_RGBA);
  hal_detect_box_list *boxes = NULL, *again = NULL;
  QUIET(hal_image_processor_draw_masks(g_processor, decoder, outputs, 2, whole, background, 1, NULL,
                                       mode, &boxes) == 0);
  hal_proto_data* proto = hal_decoder_decode_proto(decoder, outputs, 2, &again);
  NEED(boxes != NULL && again != NULL && proto != NULL);
  QUIET(hal_image_processor_draw_proto_masks(g_processor, parts, again, proto, background, 1, NULL,
                                             mode) == 0);
  CHECK(painted_pixels(whole, parts) == 0);
  CHECK(painted_pixels(whole, background) > 100);
  hal_segmentation_list* masks =
      hal_image_processor_materialize_masks(g_processor, again, proto, NULL);
  CHECK(hal_segmentation_list_len(masks) == 2);
  size_t height = 0, width = 0;
  const uint8_t* mask = hal_segmentation_list_get_mask(masks, 0, &height, &width);
  NEED(mask != NULL);
  for (size_t i = 0; i < height * width; ++i) CHECK(mask[i] == 0 || mask[i] == 255);
  QUIET(hal_image_processor_draw_decoded_masks(g_processor, parts, again, masks, background, 1,
                                               NULL, mode) == 0);
  CHECK(painted_pixels(parts, background) > 100);
  hal_tensor_free(hal_proto_data_take_protos(proto));
  FAILS(EIO, hal_image_processor_draw_proto_masks(g_processor, parts, again, proto, NULL, 1, NULL,
                                                  mode) == -1);
  FAILS(EIO, !hal_image_processor_materialize_masks(g_processor, again, proto, NULL));
  hal_segmentation_list_free(masks);
  hal_proto_data_free(proto);
  hal_detect_box_list_free(boxes);
  hal_detect_box_list_free(again);
  hal_tensor_free(background);
  hal_tensor_free(whole);
  hal_tensor_free(parts);
  hal_decoder_free(decoder);
}

static void a_model_without_masks_is_drawn_as_outlines(void) {
  hal_decoder* decoder = make_detection_decoder();
  hal_tensor* output = make_detections(DETECTION_ROWS);
  const hal_tensor* outputs[1] = {output};
  hal_tensor* canvas = make_picture(64, 64, HAL_PIXEL_FORMAT_RGB);
  hal_bytetrack* tracker = hal_bytetrack_new_default();
  hal_detect_box_list* boxes = NULL;
  QUIET(hal_image_processor_draw_masks(g_processor, decoder, outputs, 1, canvas, NULL, 1, NULL,
                                       HAL_COLOR_MODE_CLASS, &boxes) == 0);
  CHECK(hal_detect_box_list_len(boxes) == 2);
  CHECK(byte_at(canvas, 0) == 0 && byte_at(canvas, (32 * 64 + 16) * 3) == 0);
  hal_detect_box_list_free(boxes);
  QUIET(hal_image_processor_draw_masks_tracked(g_processor, decoder, tracker, 1, outputs, 1, canvas,
                                               NULL, 1, NULL, HAL_COLOR_MODE_TRACK, &boxes,
                                               NULL) == 0);
  CHECK(hal_detect_box_list_len(boxes) == 2);
  hal_detect_box_list_free(boxes);
  hal_bytetrack_free(tracker);
  hal_tensor_free(canvas);
  hal_tensor_free(output);
  hal_decoder_free(decoder);
}

/* A ModelPack segmentation model of two classes: left class 0, right the background class. */
static void a_semantic_model_is_drawn_as_its_map(void) {
  const size_t shape[4] = {1, 4, 4, 2};
  float values[32];
  for (size_t cell = 0; cell < 16; ++cell) {
    values[cell * 2] = cell % 4 < 2 ? 0.9F : 0.1F;
    values[cell * 2 + 1] = 1.0F - values[cell * 2];
  }
  hal_decoder_params* params = hal_decoder_params_new();
  CHECK(hal_decoder_params_add_output(params, HAL_OUTPUT_TYPE_SEGMENTATION,
                                      HAL_DECODER_TYPE_MODEL_PACK, shape, NULL, 4) == 0);
  hal_decoder* decoder = hal_decoder_new(params);
  hal_decoder_params_free(params);
  hal_tensor* output = make_floats(shape, 4, values);
  const hal_tensor* outputs[1] = {output};
  hal_tensor* canvas = make_picture(64, 64, HAL_PIXEL_FORMAT_RGBA);
  hal_detect_box_list* boxes = NULL;
  QUIET(hal_image_processor_draw_masks(g_processor, decoder, outputs, 1, canvas, NULL, 1, NULL,
                                       HAL_COLOR_MODE_CLASS, &boxes) == 0);
  CHECK(boxes != NULL && hal_detect_box_list_len(boxes) == 0);
  CHECK(byte_at(canvas, (32 * 64 + 8) * 4 + 1) > 100);
  CHECK(byte_at(canvas, (32 * 64 + 56) * 4 + 1) == 0);
  hal_detect_box_list_free(boxes);
  hal_tensor_free(canvas);
  hal_tensor_free(output);
  hal_decoder_free(decoder);
}

static void an_overlay_shows_labels(void) {
  static const char* const kNames[2] = {"left", "right"};
  const struct hal_detect_box box = {0.2F, 0.4F, 0.8F, 0.8F, 0.87F, 1};
  hal_detect_box_list* boxes = hal_detect_box_list_new(&box, 1);
  hal_tensor* background = make_picture(200, 150, HAL_PIXEL_FORMAT_RGBA);
  hal_tensor* plain = make_picture(200, 150, HAL_PIXEL_FORMAT_RGBA);
  hal_tensor* labelled = make_picture(200, 150, HAL_PIXEL_FORMAT_RGBA);
  struct hal_overlay overlay = hal_overlay_new();
  CHECK(overlay.opacity == 1.0F && !overlay.labels && overlay.detections == NULL);
  overlay.detections = boxes;
  overlay.background = background;
  QUIET(hal_image_processor_draw_overlay(g_processor, plain, &overlay) == 0);
  overlay.labels = true;
  overlay.class_names = kNames;
  overlay.num_class_names = 2;
  QUIET(hal_image_processor_draw_overlay(g_processor, labelled, &overlay) == 0);
  CHECK(painted_pixels(plain, background) > 100);
  CHECK(painted_pixels(plain, labelled) > 50);
  hal_detect_box_list_free(boxes);
  hal_tensor_free(background);
  hal_tensor_free(plain);
  hal_tensor_free(labelled);
}

static void an_overlay_draws_weak_boxes_beside_tracked_ones(void) {
  const struct hal_detect_box all[3] = {{0.1F, 0.4F, 0.3F, 0.8F, 0.3F, 0},
                                        {0.4F, 0.4F, 0.6F, 0.8F, 0.9F, 0},
                                        {0.7F, 0.4F, 0.9F, 0.8F, 0.8F, 0}};
  hal_bytetrack* tracker = hal_bytetrack_new_default();
  hal_detect_box_list* boxes = hal_detect_box_list_new(all, 3);
  hal_detect_box_list* tracked_boxes = hal_detect_box_list_new(all + 1, 2);
  hal_detect_box_list* first_box = hal_detect_box_list_new(all, 1);
  hal_track_info_list* tracks = hal_bytetrack_update(tracker, boxes, 1);
  NEED(hal_track_info_list_len(tracks) == 2);
  hal_tensor* untracked = make_picture(300, 150, HAL_PIXEL_FORMAT_RGBA);
  hal_tensor* tracked = make_picture(300, 150, HAL_PIXEL_FORMAT_RGBA);
  struct hal_overlay overlay = hal_overlay_new();
  overlay.detections = boxes;
  overlay.labels = true;
  QUIET(hal_image_processor_draw_overlay(g_processor, untracked, &overlay) == 0);
  overlay.tracks = tracks;
  QUIET(hal_image_processor_draw_overlay(g_processor, tracked, &overlay) == 0);
  CHECK(painted_pixels(untracked, tracked) > 50);
  overlay.detections = tracked_boxes; /* as many as records: parallel */
  QUIET(hal_image_processor_draw_overlay(g_processor, tracked, &overlay) == 0);
  overlay.detections = first_box;
  FAILS(EIO, hal_image_processor_draw_overlay(g_processor, tracked, &overlay) == -1);
  hal_tensor_free(untracked);
  hal_tensor_free(tracked);
  hal_track_info_list_free(tracks);
  hal_detect_box_list_free(first_box);
  hal_detect_box_list_free(tracked_boxes);
  hal_detect_box_list_free(boxes);
  hal_bytetrack_free(tracker);
}

static void a_background_must_not_be_the_destination(void) {
  const hal_tensor* outputs[2] = {g_detections, g_protos};
  const hal_color_mode mode = HAL_COLOR_MODE_CLASS;
  hal_decoder* decoder = make_masks_decoder();
  hal_bytetrack* tracker = hal_bytetrack_new_default();
  hal_tensor* canvas = make_picture(32, 32, HAL_PIXEL_FORMAT_RGBA);
  hal_tensor* smaller = make_picture(31, 32, HAL_PIXEL_FORMAT_RGBA);
  hal_detect_box_list* boxes = NULL;
  FAILS(EINVAL, hal_image_processor_draw_decoded_masks(g_processor, canvas, NULL, NULL, canvas, 1,
                                                       NULL, mode) == -1);
  FAILS(EINVAL, hal_image_processor_draw_masks(g_processor, decoder, outputs, 2, canvas, canvas, 1,
                                               NULL, mode, &boxes) == -1);
  FAILS(EINVAL,
        hal_image_processor_draw_masks_tracked(g_processor, decoder, tracker, 1, outputs, 2, canvas,
                                               canvas, 1, NULL, mode, &boxes, NULL) == -1);
  hal_track_info_list* tracks = hal_bytetrack_get_active_tracks(tracker);
  CHECK(hal_track_info_list_len(tracks) == 0);
  hal_track_info_list_free(tracks);
  FAILS(EIO, hal_image_processor_draw_decoded_masks(g_processor, canvas, NULL, NULL, smaller, 1,
                                                    NULL, mode) == -1);
  FAILS(EINVAL, hal_image_processor_draw_decoded_masks(g_processor, canvas, NULL, NULL, NULL, 1,
                                                       NULL, (hal_color_mode)3) == -1);
  FAILS(EIO, hal_image_processor_draw_masks(g_processor, decoder, outputs, 1, canvas, NULL, 1, NULL,
                                            mode, &boxes) == -1);
  CHECK(boxes == NULL);
  hal_tensor_free(canvas);
  hal_tensor_free(smaller);
  hal_bytetrack_free(tracker);
  hal_decoder_free(decoder);
}

int main(int argc, char** argv) {
  size_t length = 0;
  uint8_t* jpeg = read_file(argc > 1 ? argv[1] : "", &length);
  g_processor = hal_image_processor_new();
  g_detections = make_detections(MASKS_ROWS);
  g_protos = make_protos();
  if (!CHECK(jpeg != NULL && g_processor != NULL)) return finish();
  frames_become_tracked_overlays(jpeg, length);
  frames_go_through_the_loop_step_by_step(jpeg, length);
  drawing_in_parts_gives_the_same_picture();
  a_model_without_masks_is_drawn_as_outlines();
  a_semantic_model_is_drawn_as_its_map();
  an_overlay_shows_labels();
  an_overlay_draws_weak_boxes_beside_tracked_ones();
  a_background_must_not_be_the_destination();
  hal_tensor_free(g_detections);
  hal_tensor_free(g_protos);
  hal_image_processor_free(g_processor);
  free(jpeg);
  return finish();
}
