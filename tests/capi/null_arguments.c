/* SPDX-License-Identifier: Apache-2.0 */
/* NULL for every pointer argument of every function: the documented errno or default, no crash,
 * and outputs left alone. */
#include "check.h"
#include "sample.h"

static hal_tensor* T; /* an image */
static hal_image_processor* P;
static hal_decoder* D;
static hal_decoder_params* Q;
static hal_bytetrack* B;
static hal_detect_box_list* L;
static hal_segmentation_list* S;
static hal_proto_data* R;
static hal_tensor* T2;
static const size_t kShape[1] = {4};

static void freeing_null_does_nothing(void) {
  errno = 4711;
  hal_tensor_free(NULL);
  hal_tensor_map_unmap(NULL);
  hal_quantization_free(NULL);
  hal_image_processor_free(NULL);
  hal_plane_descriptor_free(NULL);
  hal_decoder_params_free(NULL);
  hal_decoder_free(NULL);
  hal_detect_box_list_free(NULL);
  hal_segmentation_list_free(NULL);
  hal_proto_data_free(NULL);
  hal_bytetrack_free(NULL);
  hal_track_info_list_free(NULL);
  hal_crop_set_src_rect(NULL, NULL);
  hal_crop_set_dst_rect(NULL, NULL);
  hal_crop_set_dst_color(NULL, 1, 2, 3, 4);
  hal_stop_tracing();
  CHECK(errno == 4711);
}

static void accessors_of_null_return_their_default(void) {
  size_t rank = 7, axis = 7;
  QUIET(hal_tensor_dtype(NULL) == HAL_DTYPE_U8);
  QUIET(hal_tensor_dtype_size(NULL) == 0);
  QUIET(hal_tensor_memory_type(NULL) == HAL_TENSOR_MEMORY_MEM);
  QUIET(hal_tensor_name(NULL) == NULL);
  QUIET(hal_tensor_shape(NULL, &rank) == NULL && rank == 0);
  QUIET(hal_tensor_shape(NULL, NULL) == NULL);
  QUIET(hal_tensor_len(NULL) == 0 && hal_tensor_size(NULL) == 0);
  QUIET(hal_tensor_width(NULL) == 0 && hal_tensor_height(NULL) == 0);
  QUIET(hal_tensor_pixel_format(NULL) == HAL_PIXEL_FORMAT_RGB);
  QUIET(!hal_tensor_is_planar(NULL));
  QUIET(hal_tensor_channels(NULL) == 0 && hal_tensor_row_stride(NULL) == 0);
  QUIET(hal_tensor_quantization(NULL) == NULL);
  QUIET(hal_quantization_kind(NULL) == HAL_TENSOR_QUANT_KIND_PER_TENSOR);
  QUIET(hal_quantization_scale_len(NULL) == 0);
  QUIET(hal_quantization_scale_at(NULL, 0) == 0.0F);
  QUIET(hal_quantization_zero_point_at(NULL, 0) == 0);
  QUIET(!hal_quantization_is_symmetric(NULL));
  QUIET(!hal_quantization_axis(NULL, &axis) && axis == 7);
  QUIET(!hal_quantization_axis(NULL, NULL));
  rank = 7;
  QUIET(hal_tensor_map_data(NULL) == NULL && hal_tensor_map_data_const(NULL) == NULL);
  QUIET(hal_tensor_map_shape(NULL, &rank) == NULL && rank == 0);
  QUIET(hal_tensor_map_shape(NULL, NULL) == NULL);
  QUIET(hal_tensor_map_len(NULL) == 0 && hal_tensor_map_size(NULL) == 0);
  QUIET(hal_detect_box_list_len(NULL) == 0 && hal_segmentation_list_len(NULL) == 0);
  QUIET(hal_track_info_list_len(NULL) == 0);
  QUIET(hal_proto_data_layout(NULL) == -1);
  QUIET(hal_proto_data_take_protos(NULL) == NULL);
  QUIET(hal_proto_data_take_mask_coefficients(NULL) == NULL);
  QUIET(hal_decoder_normalized_boxes(NULL) == -1);
  QUIET(hal_tensor_capacity(NULL) == 0 && hal_tensor_plane_offset(NULL) == 0);
  QUIET(hal_tensor_chroma(NULL) == NULL && hal_tensor_buffer_id(NULL) == 0);
  QUIET(!hal_tensor_aliases(NULL, T) && !hal_tensor_aliases(T, NULL));
}

static void tensor_functions_refuse_null(void) {
  const uint8_t byte = 0;
  FAILS(EINVAL, !hal_tensor_new(HAL_DTYPE_U8, NULL, 1, HAL_TENSOR_MEMORY_MEM, NULL));
  FAILS(EINVAL, !hal_tensor_from_fd(HAL_DTYPE_U8, 0, NULL, 1, NULL));
  FAILS(EINVAL, !hal_tensor_from_fd(HAL_DTYPE_U8, -1, kShape, 1, NULL));
  FAILS(EINVAL, !hal_tensor_from_fd(HAL_DTYPE_U8, 0, kShape, 0, NULL));
  FAILS(EINVAL, hal_tensor_clone_fd(NULL) == -1);
  FAILS(EINVAL, hal_tensor_dmabuf_clone(NULL) == -1);
#ifndef __APPLE__
  FAILS(ENOTSUP, hal_tensor_iosurface_id(NULL) == 0);
  FAILS(ENOTSUP, hal_tensor_iosurface_ref(NULL) == NULL);
  FAILS(ENOTSUP, !hal_tensor_from_iosurface(HAL_DTYPE_U8, NULL, NULL, 0, NULL));
#endif
  FAILS(EINVAL, hal_tensor_reshape(NULL, kShape, 1) == -1);
  FAILS(EINVAL, hal_tensor_reshape(T, NULL, 1) == -1);
  FAILS(EINVAL, hal_tensor_set_quantization(NULL, 1.0F, 0) == -1);
  FAILS(EINVAL, hal_tensor_map_create(NULL) == NULL);
  FAILS(EINVAL, hal_tensor_map_create_with(NULL, HAL_CPU_ACCESS_READ) == NULL);
  FAILS(EINVAL, !hal_tensor_wrap(HAL_DTYPE_U8, NULL, 1, kShape, 1, NULL, NULL));
  FAILS(EINVAL, hal_tensor_resize(NULL, kShape, 1) == -1);
  FAILS(EINVAL, hal_tensor_configure_image(NULL, 1, 1, HAL_PIXEL_FORMAT_RGB) == -1);
  FAILS(EINVAL, !hal_tensor_view(NULL, hal_rect_new(0, 0, 1, 1)));
  FAILS(EINVAL, !hal_tensor_batch(NULL, 0));
  FAILS(EINVAL, hal_tensor_set_row_stride(NULL, 1) == -1);
  FAILS(EINVAL, hal_tensor_set_plane_offset(NULL, 0) == -1);
  FAILS(EINVAL, !hal_tensor_from_planes(NULL, NULL, HAL_PIXEL_FORMAT_NV12));
  FAILS(EINVAL, hal_tensor_set_quantization_per_channel(NULL, NULL, NULL, 0, 0) == -1);
  FAILS(EINVAL, hal_tensor_clear_quantization(NULL) == -1);
  FAILS(EINVAL, hal_tensor_set_format(NULL, HAL_PIXEL_FORMAT_RGB) == -1);
  FAILS(EINVAL, hal_tensor_decode_image(NULL, &byte, 1, -1, NULL, NULL) == -1);
  FAILS(EINVAL, hal_tensor_decode_image(T, NULL, 1, -1, NULL, NULL) == -1);
  FAILS(EINVAL, hal_tensor_decode_image_file(NULL, "x.jpg", -1, NULL, NULL) == -1);
  FAILS(EINVAL, hal_tensor_decode_image_file(T, NULL, -1, NULL, NULL) == -1);
  hal_image_info info;
  FAILS(EINVAL, hal_tensor_decode_image_with(NULL, &byte, 1, NULL, NULL) == -1);
  FAILS(EINVAL, hal_tensor_decode_image_with(T, NULL, 1, NULL, NULL) == -1);
  FAILS(EINVAL, hal_tensor_decode_image_file_with(NULL, "x.jpg", NULL, NULL) == -1);
  FAILS(EINVAL, hal_tensor_decode_image_file_with(T, NULL, NULL, NULL) == -1);
  FAILS(EINVAL, hal_peek_image_info(NULL, 1, NULL, &info) == -1);
  FAILS(EINVAL, hal_peek_image_info(&byte, 1, NULL, NULL) == -1);
  FAILS(EINVAL, hal_peek_image_info_file(NULL, NULL, &info) == -1);
  size_t encoded = 0;
  FAILS(EINVAL, hal_tensor_encode_jpeg(NULL, 80, &encoded) == NULL);
  FAILS(EINVAL, hal_tensor_encode_jpeg(T, 80, NULL) == NULL);
  FAILS(EINVAL, hal_tensor_save_jpeg(NULL, "x.jpg", 80) == -1);
  FAILS(EINVAL, hal_tensor_save_jpeg(T, NULL, 80) == -1);
  FAILS(EINVAL, !hal_tensor_load_image(NULL, 1, HAL_PIXEL_FORMAT_RGB, HAL_TENSOR_MEMORY_MEM));
  FAILS(EINVAL, !hal_tensor_load_jpeg(NULL, 1, HAL_PIXEL_FORMAT_RGB, HAL_TENSOR_MEMORY_MEM));
  FAILS(EINVAL, !hal_tensor_load_png(NULL, 1, HAL_PIXEL_FORMAT_RGB, HAL_TENSOR_MEMORY_MEM));
  FAILS(EINVAL, !hal_tensor_load_image_file(NULL, HAL_PIXEL_FORMAT_RGB, HAL_TENSOR_MEMORY_MEM));
  FAILS(EINVAL, hal_dequantize(NULL, (hal_quantization){1, 0}, T) == -1);
  FAILS(EINVAL, hal_dequantize(T, (hal_quantization){1, 0}, NULL) == -1);
}

static void processor_functions_refuse_null(void) {
  const uint8_t colors[1][4] = {{1, 2, 3, 4}};
  const hal_rotation upright = HAL_ROTATION_NONE;
  const hal_flip plain = HAL_FLIP_NONE;
  FAILS(EINVAL, hal_image_processor_convert(NULL, T, T2, upright, plain, NULL) == -1);
  FAILS(EINVAL, hal_image_processor_convert(P, NULL, T2, upright, plain, NULL) == -1);
  FAILS(EINVAL, hal_image_processor_convert(P, T, NULL, upright, plain, NULL) == -1);
  FAILS(EINVAL, hal_image_processor_convert_with(NULL, T, T2, NULL) == -1);
  FAILS(EINVAL, hal_image_processor_convert_with(P, NULL, T2, NULL) == -1);
  FAILS(EINVAL, hal_image_processor_convert_with(P, T, NULL, NULL) == -1);
  FAILS(EINVAL, !hal_image_processor_explain(NULL, T, T2, upright, plain, NULL));
  FAILS(EINVAL, !hal_image_processor_explain(P, NULL, T2, upright, plain, NULL));
  FAILS(EINVAL, !hal_image_processor_explain(P, T, NULL, upright, plain, NULL));
  FAILS(EINVAL, hal_image_processor_set_class_colors(NULL, colors, 1) == -1);
  FAILS(EINVAL, hal_image_processor_set_class_colors(P, NULL, 1) == -1);
  FAILS(EINVAL, hal_image_processor_set_class_colors(P, colors, 0) == -1);
  FAILS(EINVAL, !hal_image_processor_create_image(NULL, 8, 8, HAL_PIXEL_FORMAT_RGB, HAL_DTYPE_U8));
  FAILS(EINVAL, hal_plane_descriptor_set_stride(NULL, 8) == -1);
  FAILS(EINVAL, hal_plane_descriptor_set_offset(NULL, 8) == -1);
  FAILS(EINVAL, !hal_import_image(NULL, NULL, NULL, 8, 8, HAL_PIXEL_FORMAT_RGB, HAL_DTYPE_U8));
  FAILS(EINVAL, !hal_import_image(P, NULL, NULL, 8, 8, HAL_PIXEL_FORMAT_RGB, HAL_DTYPE_U8));
}

static void drawing_functions_refuse_null(void) {
  const hal_color_mode mode = HAL_COLOR_MODE_CLASS;
  const hal_tensor *outputs[1] = {T}, *hole[1] = {NULL};
  hal_detect_box_list* boxes = (hal_detect_box_list*)&g_checks;
  const struct hal_overlay overlay = hal_overlay_new();
  FAILS(EINVAL, hal_image_processor_draw_decoded_masks(NULL, T, L, S, NULL, 1, NULL, mode) == -1);
  FAILS(EINVAL, hal_image_processor_draw_decoded_masks(P, NULL, L, S, NULL, 1, NULL, mode) == -1);
  FAILS(EINVAL, !hal_image_processor_materialize_masks(NULL, L, R, NULL));
  FAILS(EINVAL, !hal_image_processor_materialize_masks(P, NULL, R, NULL));
  FAILS(EINVAL, !hal_image_processor_materialize_masks(P, L, NULL, NULL));
  FAILS(EINVAL, hal_image_processor_draw_proto_masks(NULL, T, L, R, NULL, 1, NULL, mode) == -1);
  FAILS(EINVAL, hal_image_processor_draw_proto_masks(P, NULL, L, R, NULL, 1, NULL, mode) == -1);
  FAILS(EINVAL, hal_image_processor_draw_proto_masks(P, T, NULL, R, NULL, 1, NULL, mode) == -1);
  FAILS(EINVAL, hal_image_processor_draw_proto_masks(P, T, L, NULL, NULL, 1, NULL, mode) == -1);
  FAILS(EINVAL, hal_image_processor_draw_overlay(NULL, T, &overlay) == -1);
  FAILS(EINVAL, hal_image_processor_draw_overlay(P, NULL, &overlay) == -1);
  FAILS(EINVAL, hal_image_processor_draw_overlay(P, T, NULL) == -1);

#define DRAW(p, d, o, n, dst, out) \
  hal_image_processor_draw_masks(p, d, o, n, dst, NULL, 1, NULL, mode, out)
  FAILS(EINVAL, DRAW(NULL, D, outputs, 1, T, &boxes) == -1);
  FAILS(EINVAL, DRAW(P, NULL, outputs, 1, T, &boxes) == -1);
  FAILS(EINVAL, DRAW(P, D, NULL, 1, T, &boxes) == -1);
  FAILS(EINVAL, DRAW(P, D, outputs, 0, T, &boxes) == -1);
  FAILS(EINVAL, DRAW(P, D, hole, 1, T, &boxes) == -1);
  FAILS(EINVAL, DRAW(P, D, outputs, 1, NULL, &boxes) == -1);
  FAILS(EINVAL, DRAW(P, D, outputs, 1, T, NULL) == -1);

#define DRAW_TRACKED(p, d, b, o, n, dst, out) \
  hal_image_processor_draw_masks_tracked(p, d, b, 1, o, n, dst, NULL, 1, NULL, mode, out, NULL)
  FAILS(EINVAL, DRAW_TRACKED(NULL, D, B, outputs, 1, T, &boxes) == -1);
  FAILS(EINVAL, DRAW_TRACKED(P, NULL, B, outputs, 1, T, &boxes) == -1);
  FAILS(EINVAL, DRAW_TRACKED(P, D, NULL, outputs, 1, T, &boxes) == -1);
  FAILS(EINVAL, DRAW_TRACKED(P, D, B, NULL, 1, T, &boxes) == -1);
  FAILS(EINVAL, DRAW_TRACKED(P, D, B, outputs, 0, T, &boxes) == -1);
  FAILS(EINVAL, DRAW_TRACKED(P, D, B, hole, 1, T, &boxes) == -1);
  FAILS(EINVAL, DRAW_TRACKED(P, D, B, outputs, 1, NULL, &boxes) == -1);
  FAILS(EINVAL, DRAW_TRACKED(P, D, B, outputs, 1, T, NULL) == -1);
  CHECK(boxes == (hal_detect_box_list*)&g_checks);
}

static void parameter_functions_refuse_null(void) {
  const HalOutputType type = HAL_OUTPUT_TYPE_DETECTION;
  const HalDecoderType yolo = HAL_DECODER_TYPE_ULTRALYTICS;
  const float anchors[1][2] = {{1, 1}};
  FAILS(EINVAL, hal_decoder_params_set_config_json(NULL, "{}", 0) == -1);
  FAILS(EINVAL, hal_decoder_params_set_config_json(Q, NULL, 0) == -1);
  FAILS(EINVAL, hal_decoder_params_set_config_json(Q, NULL, 5) == -1);
  FAILS(EINVAL, hal_decoder_params_set_config_yaml(NULL, "{}", 0) == -1);
  FAILS(EINVAL, hal_decoder_params_set_config_yaml(Q, NULL, 0) == -1);
  FAILS(EINVAL, hal_decoder_params_set_config_file(NULL, "x") == -1);
  FAILS(EINVAL, hal_decoder_params_set_config_file(Q, NULL) == -1);
  FAILS(EINVAL, hal_decoder_params_add_output(NULL, type, yolo, kShape, NULL, 1) == -1);
  FAILS(EINVAL, hal_decoder_params_add_output(Q, type, yolo, NULL, NULL, 1) == -1);
  FAILS(EINVAL, hal_decoder_params_output_set_quantization(NULL, 0, 1, 0) == -1);
  FAILS(EINVAL, hal_decoder_params_output_set_anchors(NULL, 0, anchors, 1) == -1);
  FAILS(EINVAL, hal_decoder_params_output_set_anchors(Q, 0, NULL, 1) == -1);
  FAILS(EINVAL, hal_decoder_params_output_set_normalized(NULL, 0, 1) == -1);
  FAILS(EINVAL, hal_decoder_params_set_score_threshold(NULL, 0.5F) == -1);
  FAILS(EINVAL, hal_decoder_params_set_iou_threshold(NULL, 0.5F) == -1);
  FAILS(EINVAL, hal_decoder_params_set_nms(NULL, HAL_NMS_AUTO) == -1);
  FAILS(EINVAL, hal_decoder_params_set_decoder_version(NULL, HAL_DECODER_VERSION_YOLOV8) == -1);
  FAILS(EINVAL, hal_decoder_params_set_pre_nms_top_k(NULL, 1) == -1);
  FAILS(EINVAL, hal_decoder_params_set_max_det(NULL, 1) == -1);
  FAILS(EINVAL, hal_decoder_params_set_input_dims(NULL, 1, 1) == -1);
  FAILS(EINVAL, hal_decoder_new(NULL) == NULL);
}

static void decoder_functions_refuse_null(void) {
  const hal_tensor *outputs[1] = {T}, *hole[1] = {NULL};
  hal_detect_box_list* boxes = NULL;
  size_t side = 7;
  FAILS(EINVAL, hal_decoder_decode(NULL, outputs, 1, &boxes, NULL) == -1);
  FAILS(EINVAL, hal_decoder_decode(D, NULL, 1, &boxes, NULL) == -1);
  FAILS(EINVAL, hal_decoder_decode(D, hole, 1, &boxes, NULL) == -1);
  FAILS(EINVAL, hal_decoder_decode(D, outputs, 1, NULL, NULL) == -1);
  FAILS(EINVAL, !hal_decoder_decode_proto(NULL, outputs, 1, &boxes));
  FAILS(EINVAL, !hal_decoder_decode_proto(D, NULL, 1, &boxes));
  FAILS(EINVAL, !hal_decoder_decode_proto(D, hole, 1, &boxes));
  FAILS(EINVAL, !hal_decoder_decode_proto(D, outputs, 1, NULL));
  FAILS(EINVAL, hal_decoder_decode_tracked(NULL, B, 1, outputs, 1, &boxes, NULL, NULL) == -1);
  FAILS(EINVAL, hal_decoder_decode_tracked(D, NULL, 1, outputs, 1, &boxes, NULL, NULL) == -1);
  FAILS(EINVAL, hal_decoder_decode_tracked(D, B, 1, NULL, 1, &boxes, NULL, NULL) == -1);
  FAILS(EINVAL, hal_decoder_decode_tracked(D, B, 1, hole, 1, &boxes, NULL, NULL) == -1);
  FAILS(EINVAL, hal_decoder_decode_tracked(D, B, 1, outputs, 1, NULL, NULL, NULL) == -1);
  FAILS(EINVAL, hal_decoder_model_type(NULL) == NULL);
  FAILS(EINVAL, hal_decoder_input_dims(NULL, &side, &side) == -1);
  FAILS(EINVAL, hal_decoder_input_dims(D, NULL, &side) == -1);
  FAILS(EINVAL, hal_decoder_input_dims(D, &side, NULL) == -1);
  CHECK(boxes == NULL && side == 7);
}

static void result_and_tracker_functions_refuse_null(void) {
  struct hal_detect_box box;
  struct hal_track_info track;
  float x = 7, *f = &x;
  char text[37];
  const uint8_t uuid[16] = {0};
  hal_track_info_list* tracks = hal_bytetrack_get_active_tracks(B);
  FAILS(EINVAL, hal_detect_box_list_new(NULL, 1) == NULL);
  FAILS(EINVAL, hal_detect_box_list_get(NULL, 0, &box) == -1);
  FAILS(EINVAL, hal_detect_box_list_get(L, 0, NULL) == -1);
  FAILS(EINVAL, hal_segmentation_list_get_bbox(NULL, 0, f, f, f, f) == -1);
  FAILS(EINVAL, hal_segmentation_list_get_bbox(S, 0, NULL, f, f, f) == -1);
  FAILS(EINVAL, hal_segmentation_list_get_bbox(S, 0, f, NULL, f, f) == -1);
  FAILS(EINVAL, hal_segmentation_list_get_bbox(S, 0, f, f, NULL, f) == -1);
  FAILS(EINVAL, hal_segmentation_list_get_bbox(S, 0, f, f, f, NULL) == -1);
  CHECK(x == 7);
  FAILS(EINVAL, hal_segmentation_list_get_mask(NULL, 0, NULL, NULL) == NULL);
  FAILS(EINVAL, hal_segmentation_to_mask(NULL, 0) == NULL);
  FAILS(EINVAL, hal_bytetrack_update(NULL, L, 1) == NULL);
  FAILS(EINVAL, hal_bytetrack_update(B, NULL, 1) == NULL);
  FAILS(EINVAL, hal_bytetrack_get_active_tracks(NULL) == NULL);
  FAILS(EINVAL, hal_track_info_list_get(NULL, 0, &track) == -1);
  FAILS(EINVAL, hal_track_info_list_get(tracks, 0, NULL) == -1);
  FAILS(EINVAL, hal_uuid_to_string(NULL, text, sizeof text) == -1);
  FAILS(EINVAL, hal_uuid_to_string(&uuid, NULL, sizeof text) == -1);
  FAILS(EINVAL, hal_start_tracing(NULL) == -1);
  FAILS(EINVAL, hal_log_init_file(NULL, HAL_LOG_LEVEL_ERROR) == -1);
  FAILS(EINVAL, hal_log_init_callback(NULL, NULL, HAL_LOG_LEVEL_ERROR) == -1);
  hal_track_info_list_free(tracks);
}

int main(void) {
  hal_decoder* masks_decoder = make_masks_decoder();
  hal_tensor *detections = make_detections(MASKS_ROWS), *protos = make_protos();
  const hal_tensor* outputs[2] = {detections, protos};
  T = make_picture(8, 8, HAL_PIXEL_FORMAT_RGBA);
  T2 = make_picture(8, 8, HAL_PIXEL_FORMAT_RGBA);
  P = hal_image_processor_new();
  D = make_detection_decoder();
  Q = hal_decoder_params_new();
  B = hal_bytetrack_new_default();
  CHECK(hal_decoder_decode(masks_decoder, outputs, 2, &L, &S) == 0);
  hal_detect_box_list_free(L);
  R = hal_decoder_decode_proto(masks_decoder, outputs, 2, &L);
  if (!CHECK(T && T2 && P && D && Q && B && L && S && R)) return finish();
  freeing_null_does_nothing();
  accessors_of_null_return_their_default();
  tensor_functions_refuse_null();
  processor_functions_refuse_null();
  drawing_functions_refuse_null();
  parameter_functions_refuse_null();
  decoder_functions_refuse_null();
  result_and_tracker_functions_refuse_null();
  hal_decoder_free(masks_decoder);
  hal_tensor_free(detections);
  hal_tensor_free(protos);
  hal_tensor_free(T);
  hal_tensor_free(T2);
  hal_image_processor_free(P);
  hal_decoder_free(D);
  hal_decoder_params_free(Q);
  hal_bytetrack_free(B);
  hal_detect_box_list_free(L);
  hal_segmentation_list_free(S);
  hal_proto_data_free(R);
  return finish();
}
