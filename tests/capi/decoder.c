/* SPDX-License-Identifier: Apache-2.0 */
/* Decoder parameters, decoding of a small model's outputs, masks, and result objects. */
#include "check.h"
#include "sample.h"

static int build_errno(const char* json) {
  hal_decoder_params* params = hal_decoder_params_new();
  hal_decoder_params_set_config_json(params, json, 0);
  errno = 0;
  hal_decoder* decoder = hal_decoder_new(params);
  const int error = decoder == NULL ? errno : 0;
  hal_decoder_free(decoder);
  hal_decoder_params_free(params);
  return error;
}

static void parameters_need_exactly_one_description(void) {
  const size_t shape[3] = {1, DETECTION_ROWS, ANCHORS};
  hal_decoder_params* params = hal_decoder_params_new();
  NEED(params != NULL);
  FAILS(EINVAL, !hal_decoder_new(params));
  CHECK(hal_decoder_params_set_config_json(params, kDetectionJson, 0) == 0);
  hal_decoder* decoder = hal_decoder_new(params);
  CHECK(decoder != NULL);
  hal_decoder_free(decoder);
  CHECK(hal_decoder_params_add_output(params, HAL_OUTPUT_TYPE_DETECTION,
                                      HAL_DECODER_TYPE_ULTRALYTICS, shape, NULL, 3) == 0);
  FAILS(EINVAL, !hal_decoder_new(params));
  hal_decoder_params_free(params);
}

static void descriptions_that_are_none_are_told_apart(void) {
  CHECK(build_errno("{\"outputs\": [") == EBADMSG);
  CHECK(build_errno("{\"outputs\": []}") == EBADMSG);
  CHECK(build_errno("{\"outputs\": [{\"type\": \"nonsense\", \"shape\": [1, 6, 6]}]}") == EBADMSG);
  CHECK(build_errno("{\"schema_version\": 99, \"outputs\": []}") == EBADMSG);
  hal_decoder_params* params = hal_decoder_params_new();
  FAILS(EINVAL, hal_decoder_params_set_config_json(params, "\xFF\xFE", 0) == -1);
  FAILS(EINVAL, hal_decoder_params_set_config_yaml(params, "a\x80", 2) == -1);
  FAILS(EINVAL, hal_decoder_params_set_config_file(params, "\xED\xA0\x80") == -1);
  FAILS(EINVAL, !hal_decoder_new(params));
  CHECK(hal_decoder_params_set_config_file(params, "no/such/model.json") == 0);
  FAILS(ENOENT, !hal_decoder_new(params));
  CHECK(hal_decoder_params_set_config_file(params, ".") == 0);
  FAILS(EIO, !hal_decoder_new(params));
  hal_decoder_params_free(params);
}

static void text_length_may_leave_out_the_nul(void) {
  char text[512];
  const size_t length = strlen(kDetectionJson);
  memcpy(text, kDetectionJson, length);
  text[length] = '!';
  text[length + 1] = '\0';
  hal_decoder_params* params = hal_decoder_params_new();
  CHECK(hal_decoder_params_set_config_json(params, text, length) == 0);
  hal_decoder* decoder = hal_decoder_new(params);
  CHECK(decoder != NULL);
  hal_decoder_free(decoder);
  CHECK(hal_decoder_params_set_config_json(params, text, 0) == 0);
  FAILS(EBADMSG, !hal_decoder_new(params));
  hal_decoder_params_free(params);
}

static void a_file_is_read_when_the_decoder_is_built(void) {
  hal_decoder_params* params = hal_decoder_params_new();
  CHECK(hal_decoder_params_set_config_file(params, "model.yaml") == 0);
  NEED(write_file("model.yaml", kMasksYaml, strlen(kMasksYaml)));
  hal_decoder* decoder = hal_decoder_new(params);
  remove("model.yaml");
  char* type = hal_decoder_model_type(decoder);
  CHECK(type != NULL && strcmp(type, "yolo_seg_det") == 0);
  free(type);
  hal_decoder_free(decoder);
  hal_decoder_params_free(params);
}

static void output_setters_check_index_and_type(void) {
  const size_t shape[3] = {1, DETECTION_ROWS, ANCHORS};
  const enum HalDimName dims[3] = {HAL_DIM_NAME_BATCH, HAL_DIM_NAME_NUM_FEATURES,
                                   HAL_DIM_NAME_NUM_BOXES};
  const float anchors[2][2] = {{1, 2}, {3, 4}};
  hal_decoder_params* params = hal_decoder_params_new();
  const HalOutputType boxes = HAL_OUTPUT_TYPE_DETECTION, scores = HAL_OUTPUT_TYPE_SCORES;
  const HalDecoderType yolo = HAL_DECODER_TYPE_ULTRALYTICS;
  QUIET(hal_decoder_params_add_output(params, boxes, yolo, shape, dims, 3) == 0);
  QUIET(hal_decoder_params_add_output(params, scores, yolo, shape, NULL, 3) == 1);
  FAILS(EINVAL, hal_decoder_params_add_output(params, boxes, yolo, shape, dims, 0) == -1);
  FAILS(EINVAL,
        hal_decoder_params_add_output(params, (HalOutputType)8, yolo, shape, dims, 3) == -1);
  FAILS(EINVAL,
        hal_decoder_params_add_output(params, boxes, (HalDecoderType)2, shape, dims, 3) == -1);
  QUIET(hal_decoder_params_output_set_quantization(params, 1, 0.5F, 3) == 0);
  FAILS(EINVAL, hal_decoder_params_output_set_quantization(params, 2, 0.5F, 3) == -1);
  FAILS(EINVAL, hal_decoder_params_output_set_quantization(params, -1, 0.5F, 3) == -1);
  QUIET(hal_decoder_params_output_set_anchors(params, 0, anchors, 2) == 0);
  FAILS(EINVAL, hal_decoder_params_output_set_anchors(params, 1, anchors, 2) == -1);
  QUIET(hal_decoder_params_output_set_normalized(params, 0, 1) == 0);
  FAILS(EINVAL, hal_decoder_params_output_set_normalized(params, 1, 1) == -1);
  FAILS(EINVAL, hal_decoder_params_set_nms(params, (hal_nms)4) == -1);
  FAILS(EINVAL, hal_decoder_params_set_decoder_version(params, (HalDecoderVersion)4) == -1);
  FAILS(EINVAL, hal_decoder_params_set_input_dims(params, 0, 4) == -1);
  FAILS(EINVAL, hal_decoder_params_set_input_dims(params, 4, 0) == -1);
  hal_decoder_params_free(params);
}

/* Rows of a model that suppresses by itself, with two columns that rows do not name. */
static void end_to_end_models_say_so(void) {
  const char* text =
      "{\"decoder_version\":\"yolo26\",\"outputs\":[{\"type\":\"detection\","
      "\"shape\":[1,300,8]}]}";
  hal_decoder_params* params = hal_decoder_params_new();
  CHECK(hal_decoder_params_set_config_json(params, text, 0) == 0);
  hal_decoder* decoder = hal_decoder_new(params);
  hal_decoder_params_free(params);
  NEED(decoder != NULL);
  QUIET(hal_decoder_is_end_to_end(decoder));
  static float rows[300 * 8];
  const float row[8] = {0.1F, 0.2F, 0.3F, 0.4F, 0.9F, 2, 7, 8};
  memcpy(rows, row, sizeof row);
  const size_t shape[3] = {1, 300, 8};
  hal_tensor* table = make_floats(shape, 3, rows);
  const hal_tensor* outputs[1] = {table};
  hal_detect_box_list* boxes = NULL;
  CHECK(hal_decoder_decode(decoder, outputs, 1, &boxes, NULL) == 0);
  struct hal_detect_box box;
  CHECK(hal_detect_box_list_len(boxes) == 1 && hal_detect_box_list_get(boxes, 0, &box) == 0);
  CHECK(box.label == 2 && box.xmin == 0.1F && box.ymax == 0.4F);
  hal_detect_box_list_free(boxes);
  hal_tensor_free(table);
  hal_decoder_free(decoder);
}

static void a_decoder_tells_about_its_model(void) {
  hal_decoder* decoder = make_detection_decoder();
  NEED(decoder != NULL);
  size_t width = 7, height = 8;
  char* type = hal_decoder_model_type(decoder);
  CHECK(type != NULL && strcmp(type, "yolo_det") == 0);
  free(type);
  QUIET(hal_decoder_normalized_boxes(decoder) == 1);
  QUIET(!hal_decoder_is_end_to_end(decoder));
  QUIET(hal_decoder_input_dims(decoder, &width, &height) == 0 && width == 7 && height == 8);
  hal_decoder_free(decoder);
  hal_decoder_params* params = hal_decoder_params_new();
  hal_decoder_params_set_config_json(params, kDetectionJson, 0);
  CHECK(hal_decoder_params_set_input_dims(params, 320, 240) == 0);
  decoder = hal_decoder_new(params);
  hal_decoder_params_free(params);
  QUIET(hal_decoder_input_dims(decoder, &width, &height) == 1 && width == 320 && height == 240);
  hal_decoder_free(decoder);
}

static void boxes_come_by_falling_score_without_duplicates(void) {
  hal_decoder* decoder = make_detection_decoder();
  hal_tensor* output = make_detections(DETECTION_ROWS);
  const hal_tensor* outputs[1] = {output};
  struct hal_detect_box_list* boxes = NULL;
  struct hal_segmentation_list* masks = NULL;
  QUIET(hal_decoder_decode(decoder, outputs, 1, &boxes, &masks) == 0);
  NEED(hal_detect_box_list_len(boxes) == 2);
  CHECK(masks != NULL && hal_segmentation_list_len(masks) == 0);
  struct hal_detect_box first, second;
  QUIET(hal_detect_box_list_get(boxes, 0, &first) == 0);
  QUIET(hal_detect_box_list_get(boxes, 1, &second) == 0);
  CHECK(near(first.score, 0.9F, 1e-6F) && first.label == 0);
  CHECK(near(first.xmin, 0.15F, 1e-6F) && near(first.ymin, 0.3F, 1e-6F));
  CHECK(near(first.xmax, 0.35F, 1e-6F) && near(first.ymax, 0.7F, 1e-6F));
  CHECK(near(second.score, 0.75F, 1e-6F) && second.label == 1);
  FAILS(EINVAL, hal_detect_box_list_get(boxes, 2, &first) == -1);
  CHECK(near(first.score, 0.9F, 1e-6F));
  hal_detect_box_list_free(boxes);
  hal_segmentation_list_free(masks);
  hal_tensor_free(output);
  hal_decoder_free(decoder);
}

static void options_of_the_parameters_count(void) {
  hal_decoder_params* params = hal_decoder_params_new();
  hal_decoder_params_set_config_json(params, kDetectionJson, 0);
  hal_tensor* output = make_detections(DETECTION_ROWS);
  const hal_tensor* outputs[1] = {output};
  static const struct {
    float score, iou;
    hal_nms nms;
    size_t max_det, expected;
  } kCases[] = {{0.5F, 0.5F, HAL_NMS_AUTO, 300, 2},
                {0.85F, 0.5F, HAL_NMS_AUTO, 300, 1},
                {0.5F, 0.99F, HAL_NMS_AUTO, 300, 3},
                {0.5F, 0.5F, HAL_NMS_NONE, 300, 3},
                {0.5F, 0.5F, HAL_NMS_CLASS_AWARE, 1, 1}};
  for (size_t i = 0; i < sizeof kCases / sizeof kCases[0]; ++i) {
    CHECK(hal_decoder_params_set_score_threshold(params, kCases[i].score) == 0);
    CHECK(hal_decoder_params_set_iou_threshold(params, kCases[i].iou) == 0);
    CHECK(hal_decoder_params_set_nms(params, kCases[i].nms) == 0);
    CHECK(hal_decoder_params_set_max_det(params, kCases[i].max_det) == 0);
    hal_decoder* decoder = hal_decoder_new(params);
    hal_detect_box_list* boxes = NULL;
    CHECK(hal_decoder_decode(decoder, outputs, 1, &boxes, NULL) == 0);
    CHECK(hal_detect_box_list_len(boxes) == kCases[i].expected);
    hal_detect_box_list_free(boxes);
    hal_decoder_free(decoder);
  }
  hal_tensor_free(output);
  hal_decoder_params_free(params);
}

static void wrong_outputs_leave_results_alone(void) {
  hal_decoder* decoder = make_detection_decoder();
  hal_tensor* output = make_detections(MASKS_ROWS);
  const hal_tensor* outputs[2] = {output, NULL};
  hal_detect_box_list* boxes = (hal_detect_box_list*)&g_checks;
  hal_segmentation_list* masks = (hal_segmentation_list*)&g_checks;
  FAILS(EINVAL, hal_decoder_decode(decoder, outputs, 1, &boxes, &masks) == -1);
  FAILS(EINVAL, hal_decoder_decode(decoder, outputs, 2, &boxes, &masks) == -1);
  FAILS(EINVAL, hal_decoder_decode(decoder, outputs, 0, &boxes, &masks) == -1);
  FAILS(EINVAL, !hal_decoder_decode_proto(decoder, outputs, 1, &boxes));
  CHECK(boxes == (hal_detect_box_list*)&g_checks && masks == (hal_segmentation_list*)&g_checks);
  hal_tensor_free(output);
  hal_decoder_free(decoder);
}

static void masks_belong_to_their_boxes(void) {
  hal_decoder* decoder = make_masks_decoder();
  hal_tensor *detections = make_detections(MASKS_ROWS), *protos = make_protos();
  const hal_tensor* outputs[2] = {protos, detections};
  hal_detect_box_list* boxes = NULL;
  hal_segmentation_list* masks = NULL;
  QUIET(hal_decoder_decode(decoder, outputs, 2, &boxes, &masks) == 0);
  NEED(hal_detect_box_list_len(boxes) == 2 && hal_segmentation_list_len(masks) == 2);
  float xmin = 9, ymin = 9, xmax = 9, ymax = 9;
  QUIET(hal_segmentation_list_get_bbox(masks, 0, &xmin, &ymin, &xmax, &ymax) == 0);
  CHECK(xmin <= 0.15F && ymin <= 0.3F && xmax >= 0.35F && ymax >= 0.7F);
  size_t height = 0, width = 0;
  errno = 4711;
  const uint8_t* mask = hal_segmentation_list_get_mask(masks, 0, &height, &width);
  CHECK(errno == 4711);
  NEED(mask != NULL && height >= 6 && width >= 3);
  CHECK(mask[0] > 128 && mask[height * width - 1] < 128);
  CHECK(hal_segmentation_list_get_mask(masks, 0, NULL, NULL) == mask);
  hal_tensor* binary = hal_segmentation_to_mask(masks, 0);
  size_t rank = 0;
  const size_t* shape = hal_tensor_shape(binary, &rank);
  CHECK(rank == 2 && shape[0] == height && shape[1] == width);
  CHECK(byte_at(binary, 0) == 1 && byte_at(binary, height * width - 1) == 0);
  FAILS(EINVAL, !hal_segmentation_list_get_mask(masks, 2, &height, &width));
  FAILS(EINVAL, hal_segmentation_list_get_bbox(masks, 2, &xmin, &ymin, &xmax, &ymax) == -1);
  FAILS(EINVAL, !hal_segmentation_to_mask(masks, 2));
  hal_tensor_free(binary);
  hal_detect_box_list_free(boxes);
  hal_segmentation_list_free(masks);
  hal_tensor_free(detections);
  hal_tensor_free(protos);
  hal_decoder_free(decoder);
}

static void prototypes_can_be_taken_once(void) {
  hal_decoder* decoder = make_masks_decoder();
  hal_tensor *detections = make_detections(MASKS_ROWS), *protos = make_protos();
  const hal_tensor* outputs[2] = {detections, protos};
  hal_detect_box_list* boxes = NULL;
  errno = 4711;
  hal_proto_data* data = hal_decoder_decode_proto(decoder, outputs, 2, &boxes);
  NEED(data != NULL && errno == 4711);
  CHECK(hal_detect_box_list_len(boxes) == 2);
  CHECK(hal_proto_data_layout(data) == HAL_PROTO_LAYOUT_NHWC);
  hal_tensor* taken = hal_proto_data_take_protos(data);
  hal_tensor* coefficients = hal_proto_data_take_mask_coefficients(data);
  size_t rank = 0;
  const size_t* shape = hal_tensor_shape(taken, &rank);
  CHECK(rank == 3 && shape[0] == GRID && shape[1] == GRID && shape[2] == PROTOS);
  shape = hal_tensor_shape(coefficients, &rank);
  CHECK(rank == 2 && shape[0] == 2 && shape[1] == PROTOS);
  QUIET(hal_proto_data_take_protos(data) == NULL);
  QUIET(hal_proto_data_take_mask_coefficients(data) == NULL);
  CHECK(hal_proto_data_layout(data) == HAL_PROTO_LAYOUT_NHWC);
  hal_proto_data_free(data);
  hal_tensor_free(taken);
  hal_tensor_free(coefficients);
  hal_detect_box_list_free(boxes);
  hal_tensor_free(detections);
  hal_tensor_free(protos);
  hal_decoder_free(decoder);
}

static void a_model_without_prototypes_gives_null_and_succeeds(void) {
  hal_decoder* decoder = make_detection_decoder();
  hal_tensor* output = make_detections(DETECTION_ROWS);
  const hal_tensor* outputs[1] = {output};
  hal_detect_box_list* boxes = NULL;
  QUIET(hal_decoder_decode_proto(decoder, outputs, 1, &boxes) == NULL);
  CHECK(hal_detect_box_list_len(boxes) == 2);
  hal_detect_box_list_free(boxes);
  hal_tensor_free(output);
  hal_decoder_free(decoder);
}

static void dequantize_is_affine(void) {
  const size_t shape[2] = {2, 2}, flat[1] = {4}, longer[1] = {5};
  hal_tensor* input = hal_tensor_new(HAL_DTYPE_I8, shape, 2, HAL_TENSOR_MEMORY_MEM, NULL);
  hal_tensor* output = hal_tensor_new(HAL_DTYPE_F32, flat, 1, HAL_TENSOR_MEMORY_MEM, NULL);
  hal_tensor* other = hal_tensor_new(HAL_DTYPE_F32, longer, 1, HAL_TENSOR_MEMORY_MEM, NULL);
  hal_tensor_map* map = hal_tensor_map_create(input);
  memcpy(hal_tensor_map_data(map), "\x80\x00\x05\x7F", 4);
  hal_tensor_map_unmap(map);
  const struct hal_quantization quantization = {0.5F, 5};
  QUIET(hal_dequantize(input, quantization, output) == 0);
  map = hal_tensor_map_create(output);
  const float* values = hal_tensor_map_data_const(map);
  CHECK(values[0] == -66.5F && values[1] == -2.5F && values[2] == 0.0F && values[3] == 61.0F);
  hal_tensor_map_unmap(map);
  FAILS(EINVAL, hal_dequantize(input, quantization, other) == -1);
  FAILS(EINVAL, hal_dequantize(input, quantization, input) == -1);
  FAILS(EINVAL, hal_dequantize(output, quantization, output) == -1);
  hal_tensor_free(input);
  hal_tensor_free(output);
  hal_tensor_free(other);
}

int main(void) {
  parameters_need_exactly_one_description();
  descriptions_that_are_none_are_told_apart();
  text_length_may_leave_out_the_nul();
  a_file_is_read_when_the_decoder_is_built();
  output_setters_check_index_and_type();
  a_decoder_tells_about_its_model();
  end_to_end_models_say_so();
  boxes_come_by_falling_score_without_duplicates();
  options_of_the_parameters_count();
  wrong_outputs_leave_results_alone();
  masks_belong_to_their_boxes();
  prototypes_can_be_taken_once();
  a_model_without_prototypes_gives_null_and_succeeds();
  dequantize_is_affine();
  return finish();
}
