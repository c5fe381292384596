/* SPDX-License-Identifier: Apache-2.0 */
/* hal_decoder_decode_request(): source pixels, elements of a batch, tracking, prototypes; and
 * decoders built from model files. */
#include "check.h"
#include "sample.h"

static hal_decoder* make_decoder(const char* json) {
  hal_decoder_params* params = hal_decoder_params_new();
  CHECK(hal_decoder_params_set_config_json(params, json, 0) == 0);
  hal_decoder* decoder = hal_decoder_new(params);
  hal_decoder_params_free(params);
  return decoder;
}

static struct hal_detect_box box_of(hal_detect_box_list* boxes, size_t index) {
  struct hal_detect_box box = {0};
  CHECK(hal_detect_box_list_get(boxes, index, &box) == 0);
  return box;
}

static void boxes_leave_in_source_pixels(void) {
  hal_decoder* decoder = make_decoder(
      "{\"outputs\":[{\"type\":\"detection\",\"shape\":[1,5,1],\"normalized\":true}]}");
  const size_t shape[3] = {1, 5, 1};
  const float values[5] = {0.5F, 0.5F, 0.25F, 0.25F, 0.9F};
  hal_tensor* output = make_floats(shape, 3, values);
  const hal_tensor* outputs[1] = {output};
  struct hal_decode_request request = {0};
  request.source_width = 128;
  request.source_height = 64;
  request.input_width = request.input_height = 64;
  hal_detect_box_list* boxes = NULL;
  QUIET(hal_decoder_decode_request(decoder, &request, outputs, 1, &boxes, NULL, NULL, NULL) == 0);
  NEED(hal_detect_box_list_len(boxes) == 1);
  struct hal_detect_box box = box_of(boxes, 0);
  CHECK(near(box.xmin, 48, 1e-3F) && near(box.xmax, 80, 1e-3F));
  CHECK(near(box.ymin, 16, 1e-3F) && near(box.ymax, 48, 1e-3F));
  hal_detect_box_list_free(boxes);
  request.content = (struct hal_rect){0, 0, 64, 64}; /* stretched instead */
  QUIET(hal_decoder_decode_request(decoder, &request, outputs, 1, &boxes, NULL, NULL, NULL) == 0);
  box = box_of(boxes, 0);
  CHECK(near(box.ymin, 24, 1e-3F) && near(box.ymax, 40, 1e-3F));
  hal_detect_box_list_free(boxes);
  request.content.left = 1;
  FAILS(EINVAL,
        hal_decoder_decode_request(decoder, &request, outputs, 1, &boxes, NULL, NULL, NULL) == -1);
  QUIET(hal_decoder_decode_request(decoder, NULL, outputs, 1, &boxes, NULL, NULL, NULL) == 0);
  CHECK(near(box_of(boxes, 0).xmin, 0.375F, 1e-6F));
  hal_detect_box_list_free(boxes);
  hal_tensor_free(output);
  hal_decoder_free(decoder);
}

static void an_element_of_the_batch_can_be_chosen(void) {
  hal_decoder* decoder = make_decoder("{\"outputs\":[{\"type\":\"detection\",\"shape\":[2,5,1]}]}");
  QUIET(hal_decoder_batch_size(decoder) == 2 && hal_decoder_batch_size(NULL) == 0);
  const size_t shape[3] = {2, 5, 1};
  const float values[10] = {0.5F, 0.5F, 0.2F, 0.2F, 0.6F, 0.5F, 0.5F, 0.2F, 0.2F, 0.8F};
  hal_tensor* output = make_floats(shape, 3, values);
  const hal_tensor* outputs[1] = {output};
  struct hal_decode_request request = {0};
  hal_detect_box_list* boxes = NULL;
  for (request.element = 0; request.element < 2; ++request.element) {
    CHECK(hal_decoder_decode_request(decoder, &request, outputs, 1, &boxes, NULL, NULL, NULL) == 0);
    CHECK(near(box_of(boxes, 0).score, request.element == 0 ? 0.6F : 0.8F, 1e-6F));
    hal_detect_box_list_free(boxes);
  }
  FAILS(EINVAL,
        hal_decoder_decode_request(decoder, &request, outputs, 1, &boxes, NULL, NULL, NULL) == -1);
  hal_tensor_free(output);
  hal_decoder_free(decoder);
}

static void prototypes_of_tracked_boxes(void) {
  hal_decoder* decoder = make_masks_decoder();
  hal_tensor *detections = make_detections(MASKS_ROWS), *protos = make_protos();
  const hal_tensor* outputs[2] = {detections, protos};
  struct hal_decode_request request = {0};
  request.tracker = hal_bytetrack_new_default();
  request.timestamp = 1;
  hal_detect_box_list* boxes = NULL;
  hal_segmentation_list* masks = NULL;
  hal_proto_data* data = NULL;
  hal_track_info_list* tracks = NULL;
  QUIET(hal_decoder_decode_request(decoder, &request, outputs, 2, &boxes, &masks, &data, &tracks) ==
        0);
  NEED(data != NULL && hal_segmentation_list_len(masks) == 0);
  CHECK(hal_track_info_list_len(tracks) == hal_detect_box_list_len(boxes));
  hal_tensor* rows = hal_proto_data_take_mask_coefficients(data);
  size_t rank = 0;
  CHECK(hal_tensor_shape(rows, &rank)[0] == hal_detect_box_list_len(boxes));
  hal_tensor_free(rows);
  hal_proto_data_free(data);
  hal_track_info_list_free(tracks);
  hal_segmentation_list_free(masks);
  hal_detect_box_list_free(boxes);
  request.timestamp = 2;
  QUIET(hal_decoder_decode_request(decoder, &request, outputs, 2, &boxes, &masks, NULL, NULL) == 0);
  CHECK(hal_segmentation_list_len(masks) == hal_detect_box_list_len(boxes));
  hal_segmentation_list_free(masks);
  hal_detect_box_list_free(boxes);
  hal_bytetrack_free(request.tracker);
  hal_tensor_free(detections);
  hal_tensor_free(protos);
  hal_decoder_free(decoder);
}

/* Pixel boxes: masks cannot be cut, boxes alone can be had. */
static void masks_that_nobody_asks_for_are_not_computed(void) {
  hal_decoder* decoder = make_masks_decoder();
  const size_t shape[3] = {1, MASKS_ROWS, ANCHORS};
  float values[MASKS_ROWS * ANCHORS] = {0};
  values[0] = values[ANCHORS] = 100.0F;
  values[2 * ANCHORS] = values[3 * ANCHORS] = 10.0F;
  values[4 * ANCHORS] = 0.9F;
  hal_tensor *detections = make_floats(shape, 3, values), *protos = make_protos();
  const hal_tensor* outputs[2] = {detections, protos};
  hal_detect_box_list* boxes = NULL;
  hal_segmentation_list* masks = NULL;
  FAILS(EINVAL, hal_decoder_decode(decoder, outputs, 2, &boxes, &masks) == -1);
  QUIET(hal_decoder_decode(decoder, outputs, 2, &boxes, NULL) == 0);
  CHECK(hal_detect_box_list_len(boxes) == 1);
  hal_detect_box_list_free(boxes);
  hal_tensor_free(detections);
  hal_tensor_free(protos);
  hal_decoder_free(decoder);
}

static void objectness_is_a_factor(void) {
  const size_t shape[3] = {1, 6, 1};
  hal_decoder_params* params = hal_decoder_params_new();
  hal_decoder_params_add_output(params, HAL_OUTPUT_TYPE_DETECTION, HAL_DECODER_TYPE_ULTRALYTICS,
                                shape, NULL, 3);
  hal_decoder_params_add_output(params, HAL_OUTPUT_TYPE_SCORES, HAL_DECODER_TYPE_ULTRALYTICS, shape,
                                NULL, 3);
  QUIET(hal_decoder_params_output_set_objectness(params, 0, 1) == 0);
  FAILS(EINVAL, hal_decoder_params_output_set_objectness(params, 1, 1) == -1);
  FAILS(EINVAL, hal_decoder_params_output_set_objectness(params, 2, 1) == -1);
  hal_decoder* decoder = hal_decoder_new(params);
  const float values[6] = {0.5F, 0.5F, 0.2F, 0.2F, 0.8F, 0.9F};
  hal_tensor* output = make_floats(shape, 3, values);
  const hal_tensor* outputs[1] = {output};
  hal_detect_box_list* boxes = NULL;
  QUIET(hal_decoder_decode(decoder, outputs, 1, &boxes, NULL) == 0);
  CHECK(near(box_of(boxes, 0).score, 0.72F, 1e-6F));
  hal_detect_box_list_free(boxes);
  hal_tensor_free(output);
  hal_decoder_free(decoder);
  hal_decoder_params_free(params);
}

/* An ONNX file of one input and one output [1, 6, 84], written by hand. */
static const char kOnnx[] =
    "\x08\x08\x3A\x49"
    "\x5A\x20\x0A\x06images\x12\x16\x0A\x14\x08\x01\x12\x10"
    "\x0A\x02\x08\x01\x0A\x02\x08\x03\x0A\x02\x08\x40\x0A\x02\x08\x40"
    "\x62\x25\x0A\x0Foutput_of_a_net\x12\x12\x0A\x10\x08\x01\x12\x0C"
    "\x0A\x02\x08\x01\x0A\x02\x08\x06\x0A\x02\x08\x54";

static void a_model_file_configures_the_decoder(void) {
  NEED(write_file("model.onnx", kOnnx, sizeof kOnnx - 1));
  hal_decoder_params* params = hal_decoder_params_new();
  QUIET(hal_decoder_params_set_model_file(params, "model.onnx") == 0);
  hal_decoder* decoder = hal_decoder_new(params);
  NEED(decoder != NULL);
  char* text = hal_decoder_explain(decoder);
  CHECK(text != NULL && strstr(text, "type: yolo_det") != NULL);
  CHECK(strstr(text, "model.onnx, ONNX") != NULL);
  free(text);
  hal_decoder_free(decoder);
  NEED(write_file("model.onnx", kOnnx, sizeof kOnnx - 9));
  FAILS(EBADMSG, !hal_decoder_new(params));
  remove("model.onnx");
  FAILS(ENOENT, !hal_decoder_new(params));
  CHECK(hal_decoder_params_set_config_json(params, kDetectionJson, 0) == 0);
  FAILS(EINVAL, !hal_decoder_new(params));
  hal_decoder_params_free(params);
}

static void null_is_refused(void) {
  hal_detect_box_list* boxes = NULL;
  FAILS(EINVAL, hal_decoder_decode_request(NULL, NULL, NULL, 0, &boxes, NULL, NULL, NULL) == -1);
  FAILS(EINVAL, !hal_decoder_explain(NULL));
  FAILS(EINVAL, hal_decoder_params_set_model_file(NULL, "x") == -1);
  FAILS(EINVAL, hal_decoder_params_output_set_objectness(NULL, 0, 1) == -1);
}

int main(void) {
  boxes_leave_in_source_pixels();
  an_element_of_the_batch_can_be_chosen();
  prototypes_of_tracked_boxes();
  masks_that_nobody_asks_for_are_not_computed();
  objectness_is_a_factor();
  a_model_file_configures_the_decoder();
  null_is_refused();
  return finish();
}
