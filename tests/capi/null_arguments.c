/* SPDX-License-Identifier: Apache-2.0 */
/* NULL for every pointer argument of every function: the documented errno or default, no crash,
 * and outputs left alone. A pointer that may be NULL is NULL in a call that succeeds. That no
 * function is missing is checked by tests/lint/test_null_arguments.py. argv[1]: a JPEG of 640 x
 * 480.
 */
#include <unistd.h>

#include "check.h"
#include "sample.h"

static hal_tensor *T, *T2; /* images */
static hal_tensor* C;      /* two channels of bytes */
static hal_image_processor* P;
static hal_decoder* D; /* of masks */
static hal_decoder_params* Q;
static hal_bytetrack* B;
static hal_detect_box_list* L;
static hal_segmentation_list* S;
static hal_proto_data* R;
static hal_track_info_list* K;
static const hal_tensor *O[2], *kHole[2]; /* the decoder's outputs; one of them missing */
static const size_t kShape[1] = {4};
static const hal_tensor_memory kMem = HAL_TENSOR_MEMORY_MEM;
static const hal_color_mode kMode = HAL_COLOR_MODE_CLASS;
static const char* g_picture;

static bool made(hal_tensor* tensor) {
  hal_tensor_free(tensor);
  return tensor != NULL;
}

static bool told(char* text) {
  free(text);
  return text != NULL;
}

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
  hal_fence_free(NULL);
  hal_image_decoder_free(NULL);
  hal_buffer_identity_free(NULL);
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
  QUIET(!hal_decoder_is_end_to_end(NULL));
  QUIET(hal_tensor_capacity(NULL) == 0 && hal_tensor_plane_offset(NULL) == 0);
  QUIET(hal_tensor_chroma(NULL) == NULL && hal_tensor_buffer_id(NULL) == 0);
  FAILS(EINVAL, hal_tensor_buffer_identity(NULL) == NULL);
  QUIET(hal_buffer_identity_id(NULL) == 0 && !hal_buffer_identity_is_alive(NULL));
  QUIET(!hal_tensor_aliases(NULL, T) && !hal_tensor_aliases(T, NULL));
  QUIET(!hal_tensor_colorimetry(NULL, NULL, NULL) && !hal_tensor_colorimetry(T, NULL, NULL));
  QUIET(hal_decoder_batch_size(NULL) == 0);
  QUIET(hal_image_processor_request_counts(NULL, NULL, 0) == 0);
}

static void tensor_functions_refuse_null(void) {
  uint8_t bytes[4] = {0};
  const float scales[2] = {1, 2};
  const int32_t zeros[2] = {0, 0};
  FAILS(EINVAL, !hal_tensor_new(HAL_DTYPE_U8, NULL, 1, HAL_TENSOR_MEMORY_MEM, NULL));
  FAILS(EINVAL, !hal_tensor_from_fd(HAL_DTYPE_U8, 0, NULL, 1, NULL));
  FAILS(EINVAL, !hal_tensor_from_fd(HAL_DTYPE_U8, -1, kShape, 1, NULL));
  FAILS(EINVAL, !hal_tensor_from_fd(HAL_DTYPE_U8, 0, kShape, 0, NULL));
  FAILS(EINVAL, hal_tensor_clone_fd(NULL) == -1);
  FAILS(EINVAL, hal_tensor_dmabuf_clone(NULL) == -1);
#ifndef __APPLE__
  FAILS(ENOTSUP, hal_tensor_iosurface_id(NULL) == 0);
  FAILS(ENOTSUP, hal_tensor_iosurface_ref(NULL) == NULL);
  FAILS(ENOTSUP, !hal_tensor_from_iosurface(HAL_DTYPE_U8, NULL, kShape, 1, "name"));
  FAILS(ENOTSUP, !hal_tensor_from_iosurface(HAL_DTYPE_U8, &g_checks, NULL, 1, "name"));
  FAILS(ENOTSUP, !hal_tensor_from_iosurface(HAL_DTYPE_U8, &g_checks, kShape, 1, NULL));
#endif
  FAILS(EINVAL, hal_tensor_reshape(NULL, kShape, 1) == -1);
  FAILS(EINVAL, hal_tensor_reshape(T, NULL, 1) == -1);
  FAILS(EINVAL, hal_tensor_set_quantization(NULL, 1.0F, 0) == -1);
  FAILS(EINVAL, hal_tensor_map_create(NULL) == NULL);
  FAILS(EINVAL, hal_tensor_map_create_with(NULL, HAL_CPU_ACCESS_READ) == NULL);
  FAILS(EINVAL, !hal_tensor_wrap(HAL_DTYPE_U8, NULL, 4, kShape, 1, NULL, NULL));
  FAILS(EINVAL, !hal_tensor_wrap(HAL_DTYPE_U8, bytes, 4, NULL, 1, NULL, NULL));
  const ptrdiff_t strides[1] = {1};
  const struct hal_strided_memory no_data = {HAL_DTYPE_U8, NULL, kShape, strides, 1};
  const struct hal_strided_memory no_shape = {HAL_DTYPE_U8, bytes, NULL, strides, 1};
  const struct hal_strided_memory no_strides = {HAL_DTYPE_U8, bytes, kShape, NULL, 1};
  FAILS(EINVAL, !hal_tensor_wrap_strided(NULL, -1, NULL, NULL));
  FAILS(EINVAL, !hal_tensor_wrap_strided(&no_data, -1, NULL, NULL));
  FAILS(EINVAL, !hal_tensor_wrap_strided(&no_shape, -1, NULL, NULL));
  FAILS(EINVAL, !hal_tensor_wrap_strided(&no_strides, -1, NULL, NULL));
  FAILS(EINVAL, hal_tensor_resize(NULL, kShape, 1) == -1);
  FAILS(EINVAL, hal_tensor_resize(T, NULL, 1) == -1);
  FAILS(EINVAL, hal_tensor_configure_image(NULL, 1, 1, HAL_PIXEL_FORMAT_RGB) == -1);
  FAILS(EINVAL, !hal_tensor_view(NULL, hal_rect_new(0, 0, 1, 1)));
  FAILS(EINVAL, !hal_tensor_batch(NULL, 0));
  FAILS(EINVAL, hal_tensor_set_row_stride(NULL, 1) == -1);
  FAILS(EINVAL, hal_tensor_set_plane_offset(NULL, 0) == -1);
  FAILS(EINVAL, !hal_tensor_from_planes(NULL, C, HAL_PIXEL_FORMAT_NV12));
  FAILS(EINVAL, !hal_tensor_from_planes(C, NULL, HAL_PIXEL_FORMAT_NV12));
  FAILS(EINVAL, hal_tensor_set_quantization_per_channel(NULL, scales, zeros, 2, 0) == -1);
  FAILS(EINVAL, hal_tensor_set_quantization_per_channel(C, NULL, zeros, 2, 0) == -1);
  FAILS(EINVAL, hal_tensor_clear_quantization(NULL) == -1);
  FAILS(EINVAL, hal_tensor_set_format(NULL, HAL_PIXEL_FORMAT_RGB) == -1);
  FAILS(EINVAL,
        hal_tensor_set_colorimetry(NULL, HAL_COLOR_ENCODING_BT601, HAL_COLOR_RANGE_FULL) == -1);
  FAILS(EINVAL, hal_tensor_clear_colorimetry(NULL) == -1);
  FAILS(EINVAL, hal_dequantize(NULL, (hal_quantization){1, 0}, T) == -1);
  FAILS(EINVAL, hal_dequantize(T, (hal_quantization){1, 0}, NULL) == -1);
}

static void codec_functions_refuse_null(void) {
  const uint8_t byte = 0;
  const hal_pixel_format rgb = HAL_PIXEL_FORMAT_RGB;
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
  FAILS(EINVAL, hal_peek_image_info_file(g_picture, NULL, NULL) == -1);
  hal_image_decoder* own = hal_image_decoder_new();
  FAILS(EINVAL, hal_image_decoder_decode(NULL, T, &byte, 1, NULL, NULL) == -1);
  FAILS(EINVAL, hal_image_decoder_decode(own, NULL, &byte, 1, NULL, NULL) == -1);
  FAILS(EINVAL, hal_image_decoder_decode(own, T, NULL, 1, NULL, NULL) == -1);
  FAILS(EINVAL, hal_image_decoder_decode_file(NULL, T, g_picture, NULL, NULL) == -1);
  FAILS(EINVAL, hal_image_decoder_decode_file(own, NULL, g_picture, NULL, NULL) == -1);
  FAILS(EINVAL, hal_image_decoder_decode_file(own, T, NULL, NULL, NULL) == -1);
  FAILS(EINVAL, hal_image_decoder_peek(NULL, &byte, 1, NULL, &info) == -1);
  FAILS(EINVAL, hal_image_decoder_peek(own, NULL, 1, NULL, &info) == -1);
  FAILS(EINVAL, hal_image_decoder_peek(own, &byte, 1, NULL, NULL) == -1);
  hal_image_decoder_free(own);
  size_t encoded = 0;
  FAILS(EINVAL, hal_tensor_encode_jpeg(NULL, 80, &encoded) == NULL);
  FAILS(EINVAL, hal_tensor_encode_jpeg(T, 80, NULL) == NULL);
  FAILS(EINVAL, hal_tensor_save_jpeg(NULL, "x.jpg", 80) == -1);
  FAILS(EINVAL, hal_tensor_save_jpeg(T, NULL, 80) == -1);
  FAILS(EINVAL, !hal_tensor_load_image(NULL, 1, rgb, kMem));
  FAILS(EINVAL, !hal_tensor_load_jpeg(NULL, 1, rgb, kMem));
  FAILS(EINVAL, !hal_tensor_load_png(NULL, 1, rgb, kMem));
  FAILS(EINVAL, !hal_tensor_load_image_file(NULL, rgb, kMem));
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
  FAILS(EINVAL, !hal_image_processor_convert_async(NULL, T, T2, NULL));
  FAILS(EINVAL, !hal_image_processor_convert_async(P, NULL, T2, NULL));
  FAILS(EINVAL, !hal_image_processor_convert_async(P, T, NULL, NULL));
  FAILS(EINVAL, hal_fence_wait(NULL, 0) == -1);
  QUIET(!hal_fence_is_done(NULL));
  FAILS(EINVAL, !hal_image_processor_explain(NULL, T, T2, upright, plain, NULL));
  FAILS(EINVAL, !hal_image_processor_explain(P, NULL, T2, upright, plain, NULL));
  FAILS(EINVAL, !hal_image_processor_explain(P, T, NULL, upright, plain, NULL));
  FAILS(EINVAL, hal_image_processor_set_class_colors(NULL, colors, 1) == -1);
  FAILS(EINVAL, hal_image_processor_set_class_colors(P, NULL, 1) == -1);
  FAILS(EINVAL, hal_image_processor_set_class_colors(P, colors, 0) == -1);
  FAILS(EINVAL, !hal_image_processor_create_image(NULL, 8, 8, HAL_PIXEL_FORMAT_RGB, HAL_DTYPE_U8));
  FAILS(EINVAL, hal_plane_descriptor_set_stride(NULL, 8) == -1);
  FAILS(EINVAL, hal_plane_descriptor_set_offset(NULL, 8) == -1);
  struct hal_letterbox_fit fit = hal_letterbox_fit_new(8, 8, 8, 8);
  float box[4] = {0, 0, 1, 1};
  FAILS(EINVAL, hal_letterbox_fit_to_source(NULL, box) == -1);
  FAILS(EINVAL, hal_letterbox_fit_to_source(&fit, NULL) == -1);
}

/* An import consumes both descriptors, whatever is missing: what it does not would leak here. */
static void imports_refuse_null(void) {
  const hal_pixel_format nv12 = HAL_PIXEL_FORMAT_NV12;
  hal_tensor* shared = hal_tensor_new(HAL_DTYPE_U8, kShape, 1, HAL_TENSOR_MEMORY_SHM, NULL);
  const int fd = hal_tensor_clone_fd(shared);
  hal_tensor_free(shared);
  if (fd < 0) return; /* no descriptors on this platform */
  QUIET(made(hal_tensor_from_fd(HAL_DTYPE_U8, fd, kShape, 1, NULL)));
#define PLANE hal_plane_descriptor_new(fd)
  FAILS(EINVAL, !hal_import_image(NULL, PLANE, PLANE, 8, 8, nv12, HAL_DTYPE_U8));
  FAILS(EINVAL, !hal_import_image(P, NULL, PLANE, 8, 8, nv12, HAL_DTYPE_U8));
  FAILS(ENOTSUP, !hal_import_image(P, PLANE, NULL, 8, 8, nv12, HAL_DTYPE_U8)); /* no DMA-BUF */
#undef PLANE
  close(fd);
}

static void drawing_functions_refuse_null(void) {
  const struct hal_overlay overlay = hal_overlay_new();
  FAILS(EINVAL, hal_image_processor_draw_decoded_masks(NULL, T, L, S, NULL, 1, NULL, kMode) == -1);
  FAILS(EINVAL, hal_image_processor_draw_decoded_masks(P, NULL, L, S, NULL, 1, NULL, kMode) == -1);
  FAILS(EINVAL, !hal_image_processor_materialize_masks(NULL, L, R, NULL));
  FAILS(EINVAL, !hal_image_processor_materialize_masks(P, NULL, R, NULL));
  FAILS(EINVAL, !hal_image_processor_materialize_masks(P, L, NULL, NULL));
  FAILS(EINVAL, hal_image_processor_draw_proto_masks(NULL, T, L, R, NULL, 1, NULL, kMode) == -1);
  FAILS(EINVAL, hal_image_processor_draw_proto_masks(P, NULL, L, R, NULL, 1, NULL, kMode) == -1);
  FAILS(EINVAL, hal_image_processor_draw_proto_masks(P, T, NULL, R, NULL, 1, NULL, kMode) == -1);
  FAILS(EINVAL, hal_image_processor_draw_proto_masks(P, T, L, NULL, NULL, 1, NULL, kMode) == -1);
  FAILS(EINVAL, hal_image_processor_draw_overlay(NULL, T, &overlay) == -1);
  FAILS(EINVAL, hal_image_processor_draw_overlay(P, NULL, &overlay) == -1);
  FAILS(EINVAL, hal_image_processor_draw_overlay(P, T, NULL) == -1);
}

static void decoding_and_drawing_refuses_null(void) {
  hal_detect_box_list* boxes = (hal_detect_box_list*)&g_checks;
  FAILS(EINVAL,
        hal_image_processor_draw_masks(NULL, D, O, 2, T, NULL, 1, NULL, kMode, &boxes) == -1);
  FAILS(EINVAL,
        hal_image_processor_draw_masks(P, NULL, O, 2, T, NULL, 1, NULL, kMode, &boxes) == -1);
  FAILS(EINVAL,
        hal_image_processor_draw_masks(P, D, NULL, 2, T, NULL, 1, NULL, kMode, &boxes) == -1);
  FAILS(EINVAL, hal_image_processor_draw_masks(P, D, O, 0, T, NULL, 1, NULL, kMode, &boxes) == -1);
  FAILS(EINVAL,
        hal_image_processor_draw_masks(P, D, kHole, 2, T, NULL, 1, NULL, kMode, &boxes) == -1);
  FAILS(EINVAL,
        hal_image_processor_draw_masks(P, D, O, 2, NULL, NULL, 1, NULL, kMode, &boxes) == -1);
  FAILS(EINVAL, hal_image_processor_draw_masks(P, D, O, 2, T, NULL, 1, NULL, kMode, NULL) == -1);
  FAILS(EINVAL, hal_image_processor_draw_masks_tracked(NULL, D, B, 1, O, 2, T, NULL, 1, NULL, kMode,
                                                       &boxes, NULL) == -1);
  FAILS(EINVAL, hal_image_processor_draw_masks_tracked(P, NULL, B, 1, O, 2, T, NULL, 1, NULL, kMode,
                                                       &boxes, NULL) == -1);
  FAILS(EINVAL, hal_image_processor_draw_masks_tracked(P, D, NULL, 1, O, 2, T, NULL, 1, NULL, kMode,
                                                       &boxes, NULL) == -1);
  FAILS(EINVAL, hal_image_processor_draw_masks_tracked(P, D, B, 1, NULL, 2, T, NULL, 1, NULL, kMode,
                                                       &boxes, NULL) == -1);
  FAILS(EINVAL, hal_image_processor_draw_masks_tracked(P, D, B, 1, O, 0, T, NULL, 1, NULL, kMode,
                                                       &boxes, NULL) == -1);
  FAILS(EINVAL, hal_image_processor_draw_masks_tracked(P, D, B, 1, kHole, 2, T, NULL, 1, NULL,
                                                       kMode, &boxes, NULL) == -1);
  FAILS(EINVAL, hal_image_processor_draw_masks_tracked(P, D, B, 1, O, 2, NULL, NULL, 1, NULL, kMode,
                                                       &boxes, NULL) == -1);
  FAILS(EINVAL, hal_image_processor_draw_masks_tracked(P, D, B, 1, O, 2, T, NULL, 1, NULL, kMode,
                                                       NULL, NULL) == -1);
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
  FAILS(EINVAL, hal_decoder_params_set_model_file(NULL, "x.onnx") == -1);
  FAILS(EINVAL, hal_decoder_params_set_model_file(Q, NULL) == -1);
  FAILS(EINVAL, hal_decoder_params_add_output(NULL, type, yolo, kShape, NULL, 1) == -1);
  FAILS(EINVAL, hal_decoder_params_add_output(Q, type, yolo, NULL, NULL, 1) == -1);
  FAILS(EINVAL, hal_decoder_params_output_set_quantization(NULL, 0, 1, 0) == -1);
  FAILS(EINVAL, hal_decoder_params_output_set_anchors(NULL, 0, anchors, 1) == -1);
  FAILS(EINVAL, hal_decoder_params_output_set_anchors(Q, 0, NULL, 1) == -1);
  FAILS(EINVAL, hal_decoder_params_output_set_normalized(NULL, 0, 1) == -1);
  FAILS(EINVAL, hal_decoder_params_output_set_objectness(NULL, 0, 1) == -1);
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
  hal_detect_box_list* boxes = NULL;
  size_t side = 7;
  FAILS(EINVAL, hal_decoder_decode(NULL, O, 2, &boxes, NULL) == -1);
  FAILS(EINVAL, !hal_decoder_decode_proto(NULL, O, 2, &boxes));
  FAILS(EINVAL, hal_decoder_decode_tracked(NULL, B, 1, O, 2, &boxes, NULL, NULL) == -1);
  FAILS(EINVAL, hal_decoder_decode_request(NULL, NULL, O, 2, &boxes, NULL, NULL, NULL) == -1);
  FAILS(EINVAL, hal_decoder_decode(D, NULL, 2, &boxes, NULL) == -1);
  FAILS(EINVAL, !hal_decoder_decode_proto(D, NULL, 2, &boxes));
  FAILS(EINVAL, hal_decoder_decode_tracked(D, B, 1, NULL, 2, &boxes, NULL, NULL) == -1);
  FAILS(EINVAL, hal_decoder_decode_request(D, NULL, NULL, 2, &boxes, NULL, NULL, NULL) == -1);
  FAILS(EINVAL, hal_decoder_decode(D, kHole, 2, &boxes, NULL) == -1);
  FAILS(EINVAL, !hal_decoder_decode_proto(D, kHole, 2, &boxes));
  FAILS(EINVAL, hal_decoder_decode_tracked(D, B, 1, kHole, 2, &boxes, NULL, NULL) == -1);
  FAILS(EINVAL, hal_decoder_decode_request(D, NULL, kHole, 2, &boxes, NULL, NULL, NULL) == -1);
  FAILS(EINVAL, hal_decoder_decode(D, O, 2, NULL, NULL) == -1);
  FAILS(EINVAL, !hal_decoder_decode_proto(D, O, 2, NULL));
  FAILS(EINVAL, hal_decoder_decode_tracked(D, B, 1, O, 2, NULL, NULL, NULL) == -1);
  FAILS(EINVAL, hal_decoder_decode_request(D, NULL, O, 2, NULL, NULL, NULL, NULL) == -1);
  FAILS(EINVAL, hal_decoder_decode_tracked(D, NULL, 1, O, 2, &boxes, NULL, NULL) == -1);
  FAILS(EINVAL, hal_decoder_explain(NULL) == NULL);
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
  uint8_t uuid[16] = {0};
  size_t size = 7;
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
  FAILS(EINVAL, hal_track_info_list_get(K, 0, NULL) == -1);
  FAILS(EINVAL, hal_track_info_list_get_detection(NULL, 0, &size) == -1);
  FAILS(EINVAL, hal_track_info_list_get_detection(K, 0, NULL) == -1);
  FAILS(EINVAL, hal_track_info_list_get_state(NULL, 0) == -1);
  FAILS(EINVAL, hal_bytetrack_new_with_options(NULL) == NULL);
  FAILS(EINVAL, hal_bytetrack_snapshot(NULL, &uuid[0], 16, &size) == -1);
  FAILS(EINVAL, hal_bytetrack_snapshot(B, &uuid[0], 16, NULL) == -1);
  CHECK(size == 7);
  FAILS(ENOSPC, hal_bytetrack_snapshot(B, NULL, 0, &size) == -1);
  FAILS(EINVAL, hal_bytetrack_restore(NULL, 16) == NULL);
  FAILS(EINVAL, hal_uuid_to_string(NULL, text, sizeof text) == -1);
  FAILS(EINVAL, hal_uuid_to_string((const uint8_t(*)[16]) & uuid, NULL, sizeof text) == -1);
  FAILS(EINVAL, hal_start_tracing(NULL) == -1);
  FAILS(EINVAL, hal_start_tracing_file(NULL, 0) == -1);
  FAILS(EINVAL, hal_start_tracing_callback(NULL, NULL, 0) == -1);
  FAILS(EINVAL, hal_log_init_file(NULL, HAL_LOG_LEVEL_ERROR) == -1);
  FAILS(EINVAL, hal_log_init_callback(NULL, NULL, HAL_LOG_LEVEL_ERROR) == -1);
  FAILS(EINVAL, hal_log_set_filter(NULL) == -1);
}

static void optional_pointers_of_tensors_may_be_null(void) {
  uint8_t bytes[4] = {0};
  const float scales[2] = {1, 2};
  QUIET(made(hal_tensor_new(HAL_DTYPE_U8, kShape, 1, kMem, NULL)));
  QUIET(made(hal_tensor_wrap(HAL_DTYPE_U8, bytes, 4, kShape, 1, NULL, NULL)));
  const ptrdiff_t strides[1] = {1};
  const struct hal_strided_memory memory = {HAL_DTYPE_U8, bytes, kShape, strides, 1};
  QUIET(made(hal_tensor_wrap_strided(&memory, -1, NULL, NULL)));
  QUIET(hal_tensor_set_quantization_per_channel(C, scales, NULL, 2, 0) == 0);
  size_t length = 0;
  uint8_t* jpeg = read_file(g_picture, &length);
  hal_tensor* photo = hal_tensor_new_image(640, 480, HAL_PIXEL_FORMAT_RGB, HAL_DTYPE_U8, kMem);
  hal_image_info info;
  QUIET(hal_tensor_decode_image(photo, jpeg, length, -1, NULL, NULL) == 0);
  QUIET(hal_tensor_decode_image_file(photo, g_picture, -1, NULL, NULL) == 0);
  QUIET(hal_tensor_decode_image_with(photo, jpeg, length, NULL, NULL) == 0);
  QUIET(hal_tensor_decode_image_file_with(photo, g_picture, NULL, NULL) == 0);
  QUIET(hal_peek_image_info(jpeg, length, NULL, &info) == 0 && info.width == 640);
  QUIET(hal_peek_image_info_file(g_picture, NULL, &info) == 0 && info.height == 480);
  hal_image_decoder* own = hal_image_decoder_new();
  QUIET(hal_image_decoder_decode(own, photo, jpeg, length, NULL, NULL) == 0);
  QUIET(hal_image_decoder_decode_file(own, photo, g_picture, NULL, NULL) == 0);
  QUIET(hal_image_decoder_peek(own, jpeg, length, NULL, &info) == 0 && info.width == 640);
  hal_image_decoder_free(own);
  hal_tensor_free(photo);
  free(jpeg);
}

static void optional_pointers_of_the_processor_may_be_null(void) {
  const hal_rotation upright = HAL_ROTATION_NONE;
  const hal_flip plain = HAL_FLIP_NONE;
  QUIET(hal_image_processor_convert(P, T, T2, upright, plain, NULL) == 0);
  QUIET(hal_image_processor_convert_with(P, T, T2, NULL) == 0);
  hal_fence* fence = NULL;
  QUIET((fence = hal_image_processor_convert_async(P, T, T2, NULL)) != NULL);
  QUIET(hal_fence_wait(fence, -1) == 1);
  hal_fence_free(fence);
  QUIET(told(hal_image_processor_explain(P, T, T2, upright, plain, NULL)));
  QUIET(hal_image_processor_request_counts(P, NULL, 0) > 0);
  QUIET(hal_image_processor_draw_decoded_masks(P, T, NULL, NULL, NULL, 1, NULL, kMode) == 0);
  QUIET(hal_image_processor_draw_proto_masks(P, T, L, R, NULL, 1, NULL, kMode) == 0);
  hal_segmentation_list* masks = NULL;
  QUIET((masks = hal_image_processor_materialize_masks(P, L, R, NULL)) != NULL);
  hal_segmentation_list_free(masks);
  hal_detect_box_list* boxes = NULL;
  QUIET(hal_image_processor_draw_masks(P, D, O, 2, T, NULL, 1, NULL, kMode, &boxes) == 0);
  hal_detect_box_list_free(boxes);
  QUIET(hal_image_processor_draw_masks_tracked(P, D, B, 1, O, 2, T, NULL, 1, NULL, kMode, &boxes,
                                               NULL) == 0);
  hal_detect_box_list_free(boxes);
}

static void ignore(enum hal_log_level level, const char* target, const char* text, void* userdata) {
  (void)level, (void)target, (void)text, (void)userdata;
}

static void ignore_event(const char* event, void* userdata) { (void)event, (void)userdata; }

static void optional_pointers_of_decoding_may_be_null(void) {
  hal_detect_box_list* boxes = NULL;
  QUIET(hal_decoder_params_add_output(Q, HAL_OUTPUT_TYPE_DETECTION, HAL_DECODER_TYPE_ULTRALYTICS,
                                      kShape, NULL, 1) == 0);
  QUIET(hal_decoder_decode(D, O, 2, &boxes, NULL) == 0);
  hal_detect_box_list_free(boxes);
  QUIET(hal_decoder_decode_tracked(D, B, 2, O, 2, &boxes, NULL, NULL) == 0);
  hal_detect_box_list_free(boxes);
  QUIET(hal_decoder_decode_request(D, NULL, O, 2, &boxes, NULL, NULL, NULL) == 0);
  hal_detect_box_list_free(boxes);
  QUIET((boxes = hal_detect_box_list_new(NULL, 0)) != NULL);
  hal_detect_box_list_free(boxes);
  QUIET(hal_segmentation_list_get_mask(S, 0, NULL, NULL) != NULL);
  QUIET(hal_start_tracing_callback(ignore_event, NULL, 0) == 0);
  hal_stop_tracing();
  QUIET(hal_log_init_callback(ignore, NULL, HAL_LOG_LEVEL_ERROR) == 0);
}

int main(int argc, char** argv) {
  g_picture = argc > 1 ? argv[1] : "";
  const size_t channels[2] = {2, 4};
  T = make_picture(8, 8, HAL_PIXEL_FORMAT_RGBA);
  T2 = make_picture(8, 8, HAL_PIXEL_FORMAT_RGBA);
  C = hal_tensor_new(HAL_DTYPE_U8, channels, 2, kMem, NULL);
  P = hal_image_processor_new();
  D = make_masks_decoder();
  Q = hal_decoder_params_new();
  B = hal_bytetrack_new_default();
  hal_tensor *detections = make_detections(MASKS_ROWS), *protos = make_protos();
  kHole[0] = O[0] = detections;
  O[1] = protos;
  CHECK(hal_decoder_decode(D, O, 2, &L, &S) == 0);
  hal_detect_box_list_free(L);
  R = hal_decoder_decode_proto(D, O, 2, &L);
  K = hal_bytetrack_update(B, L, 1);
  if (!CHECK(T && T2 && C && P && D && Q && B && L && S && R && K)) return finish();
  freeing_null_does_nothing();
  accessors_of_null_return_their_default();
  tensor_functions_refuse_null();
  codec_functions_refuse_null();
  processor_functions_refuse_null();
  imports_refuse_null();
  drawing_functions_refuse_null();
  decoding_and_drawing_refuses_null();
  parameter_functions_refuse_null();
  decoder_functions_refuse_null();
  result_and_tracker_functions_refuse_null();
  optional_pointers_of_tensors_may_be_null();
  optional_pointers_of_the_processor_may_be_null();
  optional_pointers_of_decoding_may_be_null();
  hal_tensor_free(detections);
  hal_tensor_free(protos);
  hal_tensor_free(T);
  hal_tensor_free(T2);
  hal_tensor_free(C);
  hal_image_processor_free(P);
  hal_decoder_free(D);
  hal_decoder_params_free(Q);
  hal_bytetrack_free(B);
  hal_detect_box_list_free(L);
  hal_segmentation_list_free(S);
  hal_proto_data_free(R);
  hal_track_info_list_free(K);
  return finish();
}
