/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What the library of an inference delegate exports so that applications can render straight into
 * the buffers of its NPU. Delegates implement these functions; libedgefirst_hal neither defines nor
 * calls them. Applications load the delegate's library and find them by dlsym(); one that is
 * missing means "not supported". An application's part:
 *
 *   get_instance -> is_supported -> get_tensor_info: once per tensor. hal_plane_descriptor_new(fd),
 *   hal_plane_descriptor_set_offset() and hal_import_image() make it a tensor of this library.
 *   Per frame: hal_image_processor_convert() into it, sync_for_device, inference, sync_for_cpu.
 *   Free the tensors before the delegate.
 *
 * For implementers: functions only answer questions, they never allocate, bind or release buffers.
 * info_size is the caller's sizeof of the structure: zero exactly that many bytes, then write the
 * fields that end within it, so that both sides may grow it. Calls on one instance need not be
 * thread-safe. Where a function answers 1 or 0 it leaves errno alone.
 */
#ifndef EDGEFIRST_HAL_DMABUF_H
#define EDGEFIRST_HAL_DMABUF_H

#include <edgefirst/hal.h>

/** Visible to dlsym() even where the delegate is built with hidden symbols. */
#if defined(_WIN32)
#define HAL_DELEGATE_API __declspec(dllexport)
#else
#define HAL_DELEGATE_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** The handle for the functions below, NULL where there is no delegate. TensorFlow Lite wraps
 *  external delegates, so its own pointer is not this one. */
HAL_DELEGATE_API hal_delegate_t hal_dmabuf_get_instance(void);

/** 1 where tensors lie in DMA-BUFs, else 0. */
HAL_DELEGATE_API int hal_dmabuf_is_supported(hal_delegate_t delegate);

/**
 * Fills info for a tensor by its index in the interpreter. Returns 0; -1 with errno EINVAL (NULL
 * info, negative index, info_size too small), ENOTSUP (no DMA-BUFs), ERANGE (no such tensor), EIO.
 */
HAL_DELEGATE_API int hal_dmabuf_get_tensor_info(hal_delegate_t delegate, int tensor_index,
                                                hal_dmabuf_tensor_info* info, size_t info_size);

/**
 * Makes what CPU or GPU wrote visible to the device: after writing an input, before inference.
 * Returns 0; -1 with errno EINVAL (NULL delegate, negative index), ERANGE, EIO.
 */
HAL_DELEGATE_API int hal_dmabuf_sync_for_device(hal_delegate_t delegate, int tensor_index);

/** Makes what the device wrote visible to the CPU: after inference. Errors as above. */
HAL_DELEGATE_API int hal_dmabuf_sync_for_cpu(hal_delegate_t delegate, int tensor_index);

/** 1 where the delegate adapts camera frames of that format ("rgba") on its own, else 0. */
HAL_DELEGATE_API int hal_camera_adaptor_is_supported(hal_delegate_t delegate, const char* format);

/** Fills info for such a format. Returns 0; -1 with errno EINVAL (NULL format or info), ENOTSUP. */
HAL_DELEGATE_API int hal_camera_adaptor_get_format_info(hal_delegate_t delegate, const char* format,
                                                        hal_camera_adaptor_format_info* info,
                                                        size_t info_size);

#ifdef __cplusplus
}
#endif

#endif /* EDGEFIRST_HAL_DMABUF_H */
