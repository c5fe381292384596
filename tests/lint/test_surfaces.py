# SPDX-License-Identifier: Apache-2.0
"""A feature lands on both surfaces: every C function names its Python counterpart here, and every
public Python name appears here, on one side or the other."""

from __future__ import annotations

import ast
import re

from sources import ROOT, text, tracked

# C lifetime, list access and errno have no Python name of their own: the language does it.
LANGUAGE = re.compile(
    r"hal_(\w+_free|\w+_list_(len|get|new|get_bbox|get_mask)|tensor_(len|size|dtype_size|channels)"
    r"|tensor_map_(len|size|shape|data_const)|\w+_params_(new|add_output)|last_error"
    r"|(rect|crop|overlay)_\w+|plane_descriptor_\w+)$"
)
# A prefix of C names and the Python name (or names) that offer the same.
COUNTERPARTS = {
    "hal_is_dma_available": "is_dma_available",
    "hal_is_iosurface_available": "is_iosurface_available",
    "hal_is_gpu_buffer_available": "is_gpu_buffer_available",
    "hal_is_shm_available": "is_shm_available",
    "hal_version": "version",
    "hal_compatible_version": "compatible_version",
    "hal_build_info": "build_info",
    "hal_tensor_new": "Tensor",
    "hal_tensor_new_image": "Tensor.image",
    "hal_tensor_from_fd": "Tensor.from_fd",
    "hal_tensor_from_iosurface": "Tensor.from_fd",
    "hal_tensor_iosurface_id": "Tensor.memory",
    "hal_tensor_iosurface_ref": "Tensor.memory",
    "hal_tensor_clone_fd": "Tensor.fd",
    "hal_tensor_dmabuf_clone": "Tensor.dmabuf_clone",
    "hal_tensor_dtype": "Tensor.dtype",
    "hal_tensor_memory_type": "Tensor.memory",
    "hal_tensor_name": "Tensor.name",
    "hal_tensor_shape": "Tensor.shape",
    "hal_tensor_reshape": "Tensor.reshape",
    "hal_tensor_set_quantization": "Tensor.set_quantization_per_tensor",
    "hal_tensor_quantization": "Tensor.quantization",
    "hal_quantization_kind": "Quantization.is_per_tensor",
    "hal_quantization_scale_len": "Quantization.scale",
    "hal_quantization_scale_at": "Quantization.scale",
    "hal_quantization_zero_point_at": "Quantization.zero_point",
    "hal_quantization_is_symmetric": "Quantization.is_symmetric",
    "hal_quantization_axis": "Quantization.axis",
    "hal_tensor_map_create": "Tensor.map",
    "hal_tensor_map_data": "TensorMap.view",
    "hal_tensor_map_unmap": "TensorMap.unmap",
    "hal_tensor_map_create_with": "CpuAccess",
    "hal_tensor_wrap": "Tensor.wrap",
    "hal_tensor_wrap_strided": "Tensor.wrap",
    "hal_tensor_capacity": "Tensor.capacity",
    "hal_tensor_resize": "Tensor.resize",
    "hal_tensor_configure_image": "Tensor.configure_image",
    "hal_tensor_view": "Tensor.view",
    "hal_tensor_batch": "Tensor.batch",
    "hal_tensor_new_image_with_stride": "Tensor.image",
    "hal_tensor_set_row_stride": "Tensor.set_row_stride",
    "hal_tensor_plane_offset": "Tensor.plane_offset",
    "hal_tensor_set_plane_offset": "Tensor.set_plane_offset",
    "hal_tensor_from_planes": "Tensor.from_planes",
    "hal_tensor_chroma": "Tensor.chroma",
    "hal_tensor_aliases": "Tensor.aliases",
    "hal_tensor_buffer_id": "Tensor.buffer_id",
    "hal_tensor_buffer_identity": "Tensor.buffer_identity",
    "hal_buffer_identity_id": "BufferIdentity.id",
    "hal_buffer_identity_is_alive": "BufferIdentity.is_alive",
    "hal_tensor_set_quantization_per_channel": "Tensor.set_quantization_per_channel",
    "hal_tensor_clear_quantization": "Tensor.clear_quantization",
    "hal_tensor_set_format": "Tensor.set_format",
    "hal_tensor_width": "Tensor.width",
    "hal_tensor_height": "Tensor.height",
    "hal_tensor_pixel_format": "Tensor.format",
    "hal_tensor_is_planar": "Tensor.is_planar",
    "hal_tensor_row_stride": "Tensor.row_stride",
    "hal_tensor_decode_image": "Tensor.decode_image",
    "hal_tensor_decode_image_file": "Tensor.decode_image_file",
    "hal_tensor_decode_image_with": "Tensor.decode_image",
    "hal_tensor_decode_image_file_with": "Tensor.decode_image_file",
    "hal_decode_options_new": "Tensor.decode_image",
    "hal_peek_image_info": "Tensor.peek_image_info",
    "hal_peek_image_info_file": "Tensor.peek_image_info_file",
    "hal_image_decoder_new": "ImageDecoder",
    "hal_image_decoder_decode": "ImageDecoder.decode",
    "hal_image_decoder_decode_file": "ImageDecoder.decode_file",
    "hal_image_decoder_peek": "ImageDecoder.peek",
    "hal_tensor_save_jpeg": "Tensor.save_jpeg",
    "hal_tensor_encode_jpeg": "Tensor.encode_jpeg",
    "hal_tensor_load_image": "Tensor.load_from_bytes",
    "hal_tensor_load_image_file": "Tensor.load",
    "hal_tensor_load_jpeg": "Tensor.load_from_bytes",
    "hal_tensor_load_png": "Tensor.load_from_bytes",
    "hal_letterbox": "letterbox",
    "hal_image_processor_new": "ImageProcessor",
    "hal_image_processor_new_with_backend": "ImageProcessor",
    "hal_image_processor_convert": "ImageProcessor.convert",
    "hal_letterbox_fit_new": "letterbox",
    "hal_letterbox_fit_to_source": "Letterbox.to_source",
    "hal_convert_options_new": "ImageProcessor.convert",
    "hal_image_processor_convert_with": "ImageProcessor.convert",
    "hal_image_processor_convert_async": "ImageProcessor.convert_async",
    "hal_fence_wait": "Fence.wait",
    "hal_fence_is_done": "Fence.done",
    "hal_image_processor_request_counts": "ImageProcessor.request_counts",
    "hal_tensor_set_colorimetry": "Tensor.colorimetry",
    "hal_tensor_clear_colorimetry": "Tensor.colorimetry",
    "hal_tensor_colorimetry": "Tensor.colorimetry",
    "hal_image_processor_explain": "ImageProcessor.explain",
    "hal_image_processor_set_class_colors": "ImageProcessor.set_class_colors",
    "hal_image_processor_create_image": "ImageProcessor.create_image",
    "hal_import_image": "ImageProcessor.import_image",
    "hal_image_processor_draw_decoded_masks": "ImageProcessor.draw_decoded_masks",
    "hal_image_processor_draw_overlay": "ImageProcessor.draw_decoded_masks",
    "hal_image_processor_draw_masks": "ImageProcessor.draw_masks",
    "hal_image_processor_draw_masks_tracked": "ImageProcessor.draw_masks",
    "hal_image_processor_draw_proto_masks": "ImageProcessor.draw_proto_masks",
    "hal_image_processor_materialize_masks": "ImageProcessor.materialize_masks",
    "hal_gpu_dma_buf_pitch_alignment_bytes": "gpu_dma_buf_pitch_alignment_bytes",
    "hal_align_width_for_gpu_pitch": "align_width_for_gpu_pitch",
    "hal_align_width_for_pixel_format": "align_width_for_pixel_format",
    "hal_decoder_params_set_config_json": "Decoder.new_from_json_str",
    "hal_decoder_params_set_config_yaml": "Decoder.new_from_yaml_str",
    "hal_decoder_params_set_config_file": "Decoder.new_from_json_str",
    "hal_decoder_params_set_model_file": "Decoder.from_model",
    "hal_decoder_params_output_set_objectness": "Output.with_objectness",
    "hal_decoder_params_output_set_quantization": "Output.with_quantization",
    "hal_decoder_params_output_set_anchors": "Output.with_anchors",
    "hal_decoder_params_output_set_normalized": "Output.with_normalized",
    "hal_decoder_params_set_score_threshold": "Decoder.score_threshold",
    "hal_decoder_params_set_iou_threshold": "Decoder.iou_threshold",
    "hal_decoder_params_set_nms": "Decoder.nms",
    "hal_decoder_params_set_decoder_version": "DecoderVersion",
    "hal_decoder_params_set_pre_nms_top_k": "Decoder.pre_nms_top_k",
    "hal_decoder_params_set_max_det": "Decoder.max_det",
    "hal_decoder_params_set_input_dims": "Decoder.input_dims",
    "hal_decoder_new": "Decoder",
    "hal_decoder_decode": "Decoder.decode",
    "hal_decoder_decode_proto": "Decoder.decode_proto",
    "hal_decoder_decode_tracked": "Decoder.decode_tracked",
    "hal_decoder_decode_request": "Decoder.decode_proto_tracked",
    "hal_decoder_batch_size": "Decoder.batch_size",
    "hal_decoder_explain": "Decoder.explanation",
    "hal_decoder_model_type": "Decoder.model_type",
    "hal_decoder_is_end_to_end": "Decoder.is_end_to_end",
    "hal_decoder_normalized_boxes": "Decoder.normalized_boxes",
    "hal_decoder_input_dims": "Decoder.input_dims",
    "hal_segmentation_to_mask": "Decoder.decode",
    "hal_proto_data_take_protos": "ProtoData.take_protos",
    "hal_proto_data_take_mask_coefficients": "ProtoData.take_mask_coefficients",
    "hal_proto_data_layout": "ProtoData.layout",
    "hal_dequantize": "dequantize",
    "hal_bytetrack_new": "ByteTrack",
    "hal_bytetrack_new_default": "ByteTrack",
    "hal_bytetrack_options_default": "ByteTrack",
    "hal_bytetrack_new_with_options": "ByteTrack",
    "hal_bytetrack_snapshot": "ByteTrack.snapshot",
    "hal_bytetrack_restore": "ByteTrack.restore",
    "hal_track_info_list_get_detection": "ByteTrack.update",
    "hal_track_info_list_get_state": "ActiveTrackInfo.state",
    "hal_bytetrack_update": "ByteTrack.update",
    "hal_bytetrack_get_active_tracks": "ByteTrack.get_active_tracks",
    "hal_uuid_to_string": "TrackInfo.uuid",
    "hal_log_init_file": "set_log_level",
    "hal_log_init_callback": "set_log_level",
    "hal_log_set_filter": "set_log_filter",
    "hal_start_tracing": "Tracing.start",
    "hal_start_tracing_file": "Tracing",
    "hal_start_tracing_callback": "Tracing",
    "hal_stop_tracing": "Tracing.stop",
    "hal_is_tracing_active": "Tracing",
}


def c_functions() -> set[str]:
    """What hal.h declares."""
    header = re.sub(r"/\*.*?\*/", "", text(ROOT / "capi/include/edgefirst/hal.h"), flags=re.S)
    return set(re.findall(r"\b(hal_\w+)\s*\([^()]*(?:\([^()]*\)[^()]*)*\)\s*;", header))


def python_names() -> set[str]:
    """Classes, functions and their public members as the stub declares them."""
    names: set[str] = set()
    tree = ast.parse(text(ROOT / "python/edgefirst_hal/_core.pyi"))
    for node in tree.body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and not node.name.startswith("_"):
            names.add(node.name)
        if isinstance(node, ast.ClassDef):
            for member in node.body:
                if isinstance(member, ast.FunctionDef):
                    names.add(f"{node.name}.{member.name}")
                elif isinstance(member, ast.AnnAssign) and isinstance(member.target, ast.Name):
                    names.add(f"{node.name}.{member.target.id}")
    return names


def test_every_c_function_has_its_python_counterpart() -> None:
    unlisted = {f for f in c_functions() if f not in COUNTERPARTS and not LANGUAGE.match(f)}
    assert not unlisted, "name their Python counterparts in COUNTERPARTS"
    python = python_names()
    missing = {f: COUNTERPARTS[f] for f in c_functions() & set(COUNTERPARTS)}
    assert not {f: name for f, name in missing.items() if name not in python}


def test_every_implemented_c_function_is_declared() -> None:
    defined: set[str] = set()
    for path in tracked(".cpp"):
        if path.parts[0] == "capi":
            defined |= set(re.findall(r"^[A-Za-z][^\n;=]*?\b(hal_\w+)\(", text(path), re.M))
    assert defined - c_functions() == set()
