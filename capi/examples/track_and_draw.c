/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Model outputs become tracked boxes and an overlay, in C: letterbox, decode and track, draw.
 *
 *   cc track_and_draw.c -ledgefirst_hal -o track_and_draw
 *   ./track_and_draw photo.jpg    writes overlay.jpg
 *
 * The model is played by a function that finds one object, a little further right in every frame;
 * yours fills output from input.
 */
#include <edgefirst/hal.h>

enum { kInput = 320, kAnchors = 100, kRows = 6, kFrames = 10, kFrameNs = 33000000 };
static const char* const kNames[] = {"circle", "square"};

/* YOLOv8's layout: centre x, y, width, height (0...1) and a score per class, for every anchor. */
static void run_model(const hal_tensor* input, const hal_tensor* output, int frame) {
  (void)input;
  hal_tensor_map* map = hal_tensor_map_create_with(output, HAL_CPU_ACCESS_WRITE);
  float* values = hal_tensor_map_data(map);
  const float column[kRows] = {0.3F + 0.02F * (float)frame, 0.5F, 0.2F, 0.3F, 0, 0.9F};
  for (size_t row = 0; row < kRows; ++row) values[row * kAnchors + 7] = column[row];
  hal_tensor_map_unmap(map);
}

static hal_decoder* make_decoder(void) {
  const size_t shape[3] = {1, kRows, kAnchors};
  hal_decoder_params* params = hal_decoder_params_new();
  hal_decoder_params_add_output(params, HAL_OUTPUT_TYPE_DETECTION, HAL_DECODER_TYPE_ULTRALYTICS,
                                shape, NULL, 3);
  hal_decoder_params_output_set_normalized(params, 0, 1);
  hal_decoder_params_set_decoder_version(params, HAL_DECODER_VERSION_YOLOV8);
  hal_decoder* decoder = hal_decoder_new(params);
  hal_decoder_params_free(params);
  return decoder;
}

static int draw(hal_image_processor* processor, const hal_tensor* photo,
                const hal_letterbox_fit* fit, const hal_detect_box_list* boxes,
                const hal_track_info_list* tracks) {
  hal_tensor* canvas =
      hal_image_processor_create_image(processor, hal_tensor_width(photo), hal_tensor_height(photo),
                                       HAL_PIXEL_FORMAT_RGB, HAL_DTYPE_U8);
  struct hal_overlay look = hal_overlay_new();
  look.detections = boxes;
  look.tracks = tracks;
  look.background = photo;
  look.letterbox = fit->normalized;
  look.labels = true;
  look.class_names = kNames;
  look.num_class_names = 2;
  const int failed = hal_image_processor_draw_overlay(processor, canvas, &look) ||
                     hal_tensor_save_jpeg(canvas, "overlay.jpg", 90);
  if (failed) fprintf(stderr, "%s\n", hal_last_error());
  hal_tensor_free(canvas);
  return failed;
}

int main(int argc, char** argv) {
  hal_tensor* photo = hal_tensor_load_image_file(argc > 1 ? argv[1] : "photo.jpg",
                                                 HAL_PIXEL_FORMAT_RGB, HAL_TENSOR_MEMORY_MEM);
  if (photo == NULL) return fprintf(stderr, "%s\n", hal_last_error()), 1;
  const hal_letterbox_fit fit =
      hal_letterbox_fit_new(hal_tensor_width(photo), hal_tensor_height(photo), kInput, kInput);
  hal_crop crop = hal_crop_new();
  hal_crop_set_dst_rect(&crop, &fit.content);
  hal_crop_set_dst_color(&crop, 114, 114, 114, 255);
  hal_image_processor* processor = hal_image_processor_new();
  hal_tensor* input = hal_image_processor_create_image(processor, kInput, kInput,
                                                       HAL_PIXEL_FORMAT_RGB, HAL_DTYPE_U8);
  const size_t shape[3] = {1, kRows, kAnchors};
  hal_tensor* output = hal_tensor_new(HAL_DTYPE_F32, shape, 3, HAL_TENSOR_MEMORY_MEM, NULL);
  const hal_tensor* outputs[1] = {output};
  hal_decoder* decoder = make_decoder();
  hal_bytetrack* tracker = hal_bytetrack_new_default();
  hal_detect_box_list* boxes = NULL;
  hal_track_info_list* tracks = NULL;
  int failed = 0;
  for (int frame = 0; frame < kFrames && !failed; ++frame) {
    hal_detect_box_list_free(boxes);
    hal_track_info_list_free(tracks);
    boxes = NULL;
    tracks = NULL;
    failed = hal_image_processor_convert(processor, photo, input, HAL_ROTATION_NONE, HAL_FLIP_NONE,
                                         &crop);
    run_model(input, output, frame);
    failed = failed || hal_decoder_decode_tracked(decoder, tracker, (uint64_t)frame * kFrameNs,
                                                  outputs, 1, &boxes, NULL, &tracks);
  }
  if (failed) fprintf(stderr, "%s\n", hal_last_error());
  struct hal_detect_box box;
  struct hal_track_info track;
  for (size_t i = 0; hal_detect_box_list_get(boxes, i, &box) == 0; ++i) {
    float place[4] = {box.xmin, box.ymin, box.xmax, box.ymax};
    hal_letterbox_fit_to_source(&fit, place);
    hal_track_info_list_get(tracks, i, &track);
    printf("%s, seen %d times, at %.0f %.0f %.0f %.0f\n", kNames[box.label], track.count, place[0],
           place[1], place[2], place[3]);
  }
  failed =
      failed || draw(processor, photo, &fit, boxes, tracks) || hal_detect_box_list_len(boxes) != 1;
  hal_detect_box_list_free(boxes);
  hal_track_info_list_free(tracks);
  hal_bytetrack_free(tracker);
  hal_decoder_free(decoder);
  hal_tensor_free(output);
  hal_tensor_free(input);
  hal_tensor_free(photo);
  hal_image_processor_free(processor);
  return failed ? 1 : 0;
}
