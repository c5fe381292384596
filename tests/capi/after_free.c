/* SPDX-License-Identifier: Apache-2.0 */
/* What came from a handle stays good when the handle is freed first, wherever the contract says so.
 * Under the sanitizers and valgrind a use of freed memory ends the program. */
#include <unistd.h>

#include "check.h"
#include "sample.h"

static int g_releases;

static void count_release(void* context) { ++*(int*)context; }

static void maps_outlive_their_tensor(void) {
  hal_tensor* picture = make_picture(8, 8, HAL_PIXEL_FORMAT_RGBA);
  hal_tensor_map* map = hal_tensor_map_create(picture);
  char* name = hal_tensor_name(picture);
  hal_tensor_free(picture);
  uint8_t* bytes = hal_tensor_map_data(map);
  NEED(bytes != NULL && hal_tensor_map_size(map) == 256);
  CHECK(bytes[255] == 255 && name != NULL);
  bytes[255] = 1;
  hal_tensor_map_unmap(map);
  free(name);
}

static void an_identity_tells_the_end_of_its_buffer(void) {
  hal_tensor* picture = make_picture(8, 8, HAL_PIXEL_FORMAT_RGBA);
  hal_buffer_identity* identity = hal_tensor_buffer_identity(picture);
  const uint64_t number = hal_tensor_buffer_id(picture);
  QUIET(hal_buffer_identity_id(identity) == number && hal_buffer_identity_is_alive(identity));
  hal_tensor_map* map = hal_tensor_map_create(picture);
  hal_tensor_free(picture);
  CHECK(hal_buffer_identity_is_alive(identity)); /* the map holds the buffer */
  hal_tensor_map_unmap(map);
  QUIET(!hal_buffer_identity_is_alive(identity) && hal_buffer_identity_id(identity) == number);
  hal_tensor* other = make_picture(8, 8, HAL_PIXEL_FORMAT_RGBA);
  CHECK(hal_tensor_buffer_id(other) != number);
  hal_tensor_free(other);
  hal_buffer_identity_free(identity);
}

static void pictures_outlive_their_decoder(void) {
  static const uint8_t kNothing[4] = {0};
  hal_image_decoder* decoder = hal_image_decoder_new();
  hal_tensor* source = make_picture(16, 8, HAL_PIXEL_FORMAT_RGB);
  size_t length = 0;
  uint8_t* jpeg = hal_tensor_encode_jpeg(source, 90, &length);
  hal_image_info info;
  QUIET(hal_image_decoder_peek(decoder, jpeg, length, NULL, &info) == 0);
  CHECK(info.width == 16 && info.height == 8);
  hal_tensor* own = make_picture(16, 8, HAL_PIXEL_FORMAT_RGB);
  hal_tensor* threads = make_picture(16, 8, HAL_PIXEL_FORMAT_RGB);
  QUIET(hal_image_decoder_decode(decoder, own, jpeg, length, NULL, &info) == 0);
  QUIET(hal_tensor_decode_image_with(threads, jpeg, length, NULL, NULL) == 0);
  FAILS(EBADMSG, hal_image_decoder_decode(decoder, own, kNothing, 4, NULL, NULL) == -1);
  FAILS(ENOENT, hal_image_decoder_decode_file(decoder, own, "absent.jpg", NULL, NULL) == -1);
  QUIET(hal_image_decoder_decode(decoder, own, jpeg, length, NULL, NULL) == 0);
  CHECK(write_file("own.jpg", jpeg, length));
  QUIET(hal_image_decoder_decode_file(decoder, own, "own.jpg", NULL, &info) == 0);
  CHECK(info.width == 16);
  remove("own.jpg");
  hal_image_decoder_free(decoder);
  for (size_t i = 0; i < 16 * 8 * 3; ++i) CHECK(byte_at(own, i) == byte_at(threads, i));
  free(jpeg);
  hal_tensor_free(threads);
  hal_tensor_free(own);
  hal_tensor_free(source);
}

static void views_share_the_bytes_and_the_last_one_releases_them(void) {
  static uint8_t bytes[2 * 4 * 6 * 3];
  const size_t batch[4] = {2, 4, 6, 3};
  hal_tensor* whole =
      hal_tensor_wrap(HAL_DTYPE_U8, bytes, sizeof bytes, batch, 4, count_release, &g_releases);
  hal_tensor* slot = hal_tensor_batch(whole, 1);
  hal_tensor_free(whole);
  CHECK(hal_tensor_set_format(slot, HAL_PIXEL_FORMAT_RGB) == 0);
  hal_tensor* view = hal_tensor_view(slot, hal_rect_new(2, 2, 4, 2));
  hal_tensor_free(slot);
  hal_tensor_map* map = hal_tensor_map_create(view);
  hal_tensor_free(view);
  CHECK(g_releases == 0);
  CHECK(hal_tensor_map_data(map) == bytes + 4 * 6 * 3 + (2 * 6 + 2) * 3);
  hal_tensor_map_unmap(map);
  CHECK(g_releases == 1);
}

static void planes_outlive_the_image_made_of_them_and_the_reverse(void) {
  const size_t luma_shape[2] = {4, 4}, chroma_shape[2] = {2, 4};
  const hal_tensor_memory memory = HAL_TENSOR_MEMORY_MEM;
  hal_tensor* luma = hal_tensor_new(HAL_DTYPE_U8, luma_shape, 2, memory, NULL);
  hal_tensor* chroma = hal_tensor_new(HAL_DTYPE_U8, chroma_shape, 2, memory, NULL);
  hal_tensor* image = hal_tensor_from_planes(luma, chroma, HAL_PIXEL_FORMAT_NV12);
  hal_tensor_free(luma);
  hal_tensor_free(chroma);
  CHECK(byte_at(image, 15) == 0);
  hal_tensor* again = hal_tensor_chroma(image);
  hal_tensor_free(image);
  CHECK(hal_tensor_len(again) == 8 && byte_at(again, 7) == 0);
  hal_tensor_free(again);
}

static void quantization_is_freed_after_its_tensor(void) {
  hal_tensor* tensor = make_picture(2, 2, HAL_PIXEL_FORMAT_RGB);
  CHECK(hal_tensor_set_quantization(tensor, 0.5F, 3) == 0);
  HalTensorQuant* quantization = hal_tensor_quantization(tensor);
  CHECK(quantization != NULL);
  hal_tensor_free(tensor);
  hal_quantization_free(quantization);
}

static void images_outlive_their_processor(void) {
  hal_image_processor* first = hal_image_processor_new();
  hal_image_processor* second = hal_image_processor_new_with_backend(HAL_COMPUTE_BACKEND_CPU);
  hal_tensor* source = make_picture(8, 8, HAL_PIXEL_FORMAT_RGBA);
  hal_tensor* image =
      hal_image_processor_create_image(first, 8, 8, HAL_PIXEL_FORMAT_RGBA, HAL_DTYPE_U8);
  CHECK(hal_image_processor_convert(first, source, image, HAL_ROTATION_NONE, HAL_FLIP_NONE, NULL) ==
        0);
  const bool mappable = hal_tensor_memory_type(image) != HAL_TENSOR_MEMORY_PBO;
  hal_image_processor_free(first);
  if (mappable) {
    CHECK(byte_at(image, 3) == 255);
    CHECK(hal_image_processor_convert(second, image, source, HAL_ROTATION_NONE, HAL_FLIP_NONE,
                                      NULL) == 0);
  } else {
    FAILS(EIO, hal_tensor_map_create(image) == NULL);
  }
  hal_tensor_free(source);
  hal_tensor_free(image);
  hal_image_processor_free(second);
}

static void conversions_outlive_images_and_processor(void) {
  hal_image_processor* processor = hal_image_processor_new();
  hal_tensor* source = make_picture(8, 8, HAL_PIXEL_FORMAT_RGBA);
  hal_tensor* image = make_picture(8, 8, HAL_PIXEL_FORMAT_RGB);
  hal_fence* fence = hal_image_processor_convert_async(processor, source, image, NULL);
  hal_fence* dropped = hal_image_processor_convert_async(processor, source, image, NULL);
  hal_tensor_free(source);
  hal_tensor_free(image);
  hal_fence_free(dropped);
  hal_image_processor_free(processor);
  CHECK(hal_fence_is_done(fence) && hal_fence_wait(fence, 0) == 1);
  hal_fence_free(fence);
}

static void descriptors_are_closed_before_what_was_made_of_them(void) {
  const size_t shape[1] = {4};
  hal_tensor* shared = hal_tensor_new(HAL_DTYPE_U8, shape, 1, HAL_TENSOR_MEMORY_SHM, NULL);
  const int fd = hal_tensor_clone_fd(shared);
  hal_tensor_free(shared);
  if (fd < 0) return; /* no descriptors on this platform */
  hal_tensor* tensor = hal_tensor_from_fd(HAL_DTYPE_U8, fd, shape, 1, NULL);
  hal_plane_descriptor* plane = hal_plane_descriptor_new(fd);
  close(fd);
  CHECK(byte_at(tensor, 3) == 0);
  CHECK(hal_plane_descriptor_set_offset(plane, 2) == 0);
  hal_plane_descriptor_free(plane);
  hal_tensor_free(tensor);
}

static void decoders_outlive_their_description(void) {
  char* text = strdup(kDetectionJson);
  hal_decoder_params* params = hal_decoder_params_new();
  CHECK(hal_decoder_params_set_config_json(params, text, 0) == 0);
  memset(text, ' ', strlen(text));
  free(text);
  hal_decoder* decoder = hal_decoder_new(params);
  hal_decoder_params_free(params);
  NEED(decoder != NULL);
  hal_tensor* output = make_detections(DETECTION_ROWS);
  const hal_tensor* outputs[1] = {output};
  hal_detect_box_list* boxes = NULL;
  CHECK(hal_decoder_decode(decoder, outputs, 1, &boxes, NULL) == 0);
  hal_tensor_free(output);
  hal_decoder_free(decoder);
  CHECK(hal_detect_box_list_len(boxes) == 2);
  hal_detect_box_list_free(boxes);
}

static void results_outlive_decoder_outputs_and_tracker(void) {
  hal_decoder* decoder = make_masks_decoder();
  hal_tensor *detections = make_detections(MASKS_ROWS), *protos = make_protos();
  const hal_tensor* outputs[2] = {detections, protos};
  hal_bytetrack* tracker = hal_bytetrack_new_default();
  hal_detect_box_list *boxes = NULL, *more = NULL;
  hal_segmentation_list* masks = NULL;
  hal_track_info_list* tracks = NULL;
  CHECK(hal_decoder_decode_tracked(decoder, tracker, 1, outputs, 2, &boxes, &masks, &tracks) == 0);
  hal_proto_data* proto = hal_decoder_decode_proto(decoder, outputs, 2, &more);
  uint8_t* snapshot = malloc(65536);
  size_t size = 0;
  CHECK(hal_bytetrack_snapshot(tracker, snapshot, 65536, &size) == 0);
  hal_bytetrack* restored = hal_bytetrack_restore(snapshot, size);
  free(snapshot);
  hal_bytetrack_free(tracker);
  hal_tensor_free(detections);
  hal_tensor_free(protos);
  hal_decoder_free(decoder);

  struct hal_track_info track;
  CHECK(hal_track_info_list_len(tracks) == 2 && hal_track_info_list_get(tracks, 1, &track) == 0);
  hal_track_info_list_free(tracks);
  tracks = hal_bytetrack_update(restored, boxes, 2);
  hal_bytetrack_free(restored);
  CHECK(hal_track_info_list_len(tracks) == 2);
  hal_track_info_list_free(tracks);
  hal_tensor* mask = hal_segmentation_to_mask(masks, 0);
  hal_segmentation_list_free(masks);
  CHECK(hal_tensor_len(mask) > 0 && byte_at(mask, 0) <= 1);
  hal_tensor_free(mask);

  hal_image_processor* processor = hal_image_processor_new();
  masks = hal_image_processor_materialize_masks(processor, more, proto, NULL);
  hal_tensor* taken = hal_proto_data_take_protos(proto);
  FAILS(EIO, !hal_image_processor_materialize_masks(processor, more, proto, NULL));
  QUIET(hal_proto_data_take_protos(proto) == NULL);
  hal_proto_data_free(proto);
  hal_image_processor_free(processor);
  CHECK(hal_tensor_len(taken) == GRID * GRID * PROTOS && byte_at(taken, 0) == 0);
  hal_tensor_free(taken);
  size_t height = 0, width = 0;
  const uint8_t* bytes = hal_segmentation_list_get_mask(masks, 0, &height, &width);
  CHECK(bytes != NULL && (bytes[height * width - 1] == 0 || bytes[height * width - 1] == 255));
  hal_segmentation_list_free(masks);
  hal_detect_box_list_free(boxes);
  hal_detect_box_list_free(more);
}

static void lists_copy_the_boxes_they_are_given(void) {
  struct hal_detect_box* given = calloc(2, sizeof *given);
  given[1].label = 7;
  hal_detect_box_list* list = hal_detect_box_list_new(given, 2);
  free(given);
  struct hal_detect_box box;
  CHECK(hal_detect_box_list_get(list, 1, &box) == 0 && box.label == 7);
  hal_detect_box_list_free(list);
}

int main(void) {
  maps_outlive_their_tensor();
  an_identity_tells_the_end_of_its_buffer();
  pictures_outlive_their_decoder();
  views_share_the_bytes_and_the_last_one_releases_them();
  planes_outlive_the_image_made_of_them_and_the_reverse();
  quantization_is_freed_after_its_tensor();
  images_outlive_their_processor();
  conversions_outlive_images_and_processor();
  descriptors_are_closed_before_what_was_made_of_them();
  decoders_outlive_their_description();
  results_outlive_decoder_outputs_and_tracker();
  lists_copy_the_boxes_they_are_given();
  return finish();
}
