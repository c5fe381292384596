/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The C interface of EdgeFirst HAL: camera frame -> model input -> boxes, masks, tracks -> overlay.
 *
 * Results   int: 0 or a value >= 0; -1 with errno set on failure. Pointers: NULL with errno set.
 *           Accessors: the value, or the default they document, with errno left alone.
 *           errno changes only on failure, and outputs keep their content then. hal_last_error()
 *           tells in words what went wrong. EINVAL stands for a NULL where a pointer is needed and
 *           for an enum value that does not exist, in every function that can fail.
 * Ownership What hal_*_new, _create, _load, _decode, _import, _take, _update or _materialize return
 *           belongs to the caller and goes to the free function of its type; these accept NULL.
 *           Arguments are borrowed for the call. Accessors return pointers into their object.
 *           char * results are released with free(). Descriptors passed in are duplicated;
 *           descriptors handed out are the caller's to close.
 * Threads   Different objects may be used from different threads at the same time. One tensor or
 *           result list may be read by many threads; changing or freeing it needs exclusive access.
 *           A decoder may be shared by concurrent decode calls. Calls on one image processor take
 *           turns. Trackers, parameters and plane descriptors: one call at a time.
 * Text      UTF-8, terminated by NUL.
 */
#ifndef EDGEFIRST_HAL_H
#define EDGEFIRST_HAL_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#if defined(_WIN32)
#if defined(EDGEFIRST_STATIC)
#define HAL_API
#elif defined(EDGEFIRST_BUILDING)
#define HAL_API __declspec(dllexport)
#else
#define HAL_API __declspec(dllimport)
#endif
#else
#define HAL_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---------------------------------------------------------------------------------------------- */
/* Constants                                                                                      */

/** Version of this header; hal_version() tells that of the library. */
#define HAL_VERSION_MAJOR 1
#define HAL_VERSION_MINOR 0
#define HAL_VERSION_PATCH 0

/** Axis order of prototype tensors, see hal_proto_data_layout(). */
#define HAL_PROTO_LAYOUT_NHWC 0
#define HAL_PROTO_LAYOUT_NCHW 1

/** What a model output holds. */
typedef enum HalOutputType {
  HAL_OUTPUT_TYPE_DETECTION = 0,
  HAL_OUTPUT_TYPE_BOXES = 1,
  HAL_OUTPUT_TYPE_SCORES = 2,
  HAL_OUTPUT_TYPE_PROTOS = 3,
  HAL_OUTPUT_TYPE_SEGMENTATION = 4,
  HAL_OUTPUT_TYPE_MASK_COEFFICIENTS = 5,
  HAL_OUTPUT_TYPE_MASK = 6,
  HAL_OUTPUT_TYPE_CLASSES = 7
} HalOutputType;

/** The family of heads an output belongs to. */
typedef enum HalDecoderType {
  HAL_DECODER_TYPE_ULTRALYTICS = 0,
  HAL_DECODER_TYPE_MODEL_PACK = 1
} HalDecoderType;

/** What an axis of a model output counts. */
typedef enum HalDimName {
  HAL_DIM_NAME_BATCH = 0,
  HAL_DIM_NAME_HEIGHT = 1,
  HAL_DIM_NAME_WIDTH = 2,
  HAL_DIM_NAME_NUM_CLASSES = 3,
  HAL_DIM_NAME_NUM_FEATURES = 4,
  HAL_DIM_NAME_NUM_BOXES = 5,
  HAL_DIM_NAME_NUM_PROTOS = 6,
  HAL_DIM_NAME_NUM_ANCHORS_X_FEATURES = 7,
  HAL_DIM_NAME_PADDING = 8,
  HAL_DIM_NAME_BOX_COORDS = 9
} HalDimName;

/** Which boxes suppress each other. */
typedef enum hal_nms {
  HAL_NMS_CLASS_AGNOSTIC = 0, /**< all of them */
  HAL_NMS_CLASS_AWARE = 1,    /**< those of one class */
  HAL_NMS_NONE = 2,           /**< no suppression */
  HAL_NMS_AUTO = 3            /**< as the model's description says, else class-agnostic */
} hal_nms;

/** Generation of an Ultralytics head. */
typedef enum HalDecoderVersion {
  HAL_DECODER_VERSION_YOLOV5 = 0,
  HAL_DECODER_VERSION_YOLOV8 = 1,
  HAL_DECODER_VERSION_YOLO11 = 2,
  HAL_DECODER_VERSION_YOLO26 = 3
} HalDecoderVersion;

/** Pixel formats with the tensor shape of a W x H image. */
typedef enum hal_pixel_format {
  HAL_PIXEL_FORMAT_YUYV = 0,        /**< [H, W, 2], 4:2:2, bytes Y0 U Y1 V */
  HAL_PIXEL_FORMAT_NV12 = 1,        /**< [H * 3/2, W], 4:2:0, luma rows then U V rows; H even */
  HAL_PIXEL_FORMAT_NV16 = 2,        /**< [H * 2, W], 4:2:2, luma rows then U V rows */
  HAL_PIXEL_FORMAT_RGBA = 3,        /**< [H, W, 4] */
  HAL_PIXEL_FORMAT_RGB = 4,         /**< [H, W, 3] */
  HAL_PIXEL_FORMAT_GREY = 5,        /**< [H, W, 1] */
  HAL_PIXEL_FORMAT_PLANAR_RGB = 6,  /**< [3, H, W] */
  HAL_PIXEL_FORMAT_PLANAR_RGBA = 7, /**< [4, H, W] */
  HAL_PIXEL_FORMAT_BGRA = 8,        /**< [H, W, 4] */
  HAL_PIXEL_FORMAT_VYUY = 9         /**< [H, W, 2], 4:2:2, bytes V Y0 U Y1 */
} hal_pixel_format;

/** Element types; F16 is IEEE 754 binary16. */
typedef enum hal_dtype {
  HAL_DTYPE_U8 = 0,
  HAL_DTYPE_I8 = 1,
  HAL_DTYPE_U16 = 2,
  HAL_DTYPE_I16 = 3,
  HAL_DTYPE_U32 = 4,
  HAL_DTYPE_I32 = 5,
  HAL_DTYPE_U64 = 6,
  HAL_DTYPE_I64 = 7,
  HAL_DTYPE_F16 = 8,
  HAL_DTYPE_F32 = 9,
  HAL_DTYPE_F64 = 10
} hal_dtype;

/** Where the bytes of a tensor live. */
typedef enum hal_tensor_memory {
  HAL_TENSOR_MEMORY_MEM = 0, /**< heap */
  HAL_TENSOR_MEMORY_DMA = 1, /**< DMA-BUF on Linux, IOSurface on macOS */
  HAL_TENSOR_MEMORY_SHM = 2, /**< POSIX shared memory */
  HAL_TENSOR_MEMORY_PBO = 3  /**< OpenGL pixel buffer; only an image processor makes one */
} hal_tensor_memory;

/** What a map is for; the cache maintenance of DMA-BUFs follows it. */
typedef enum HalCpuAccess {
  HAL_CPU_ACCESS_NONE = 0,
  HAL_CPU_ACCESS_READ = 1,
  HAL_CPU_ACCESS_WRITE = 2,
  HAL_CPU_ACCESS_READ_WRITE = 3
} HalCpuAccess;

/** What converts and draws. */
typedef enum hal_compute_backend {
  HAL_COMPUTE_BACKEND_AUTO = 0,
  HAL_COMPUTE_BACKEND_CPU = 1,
  HAL_COMPUTE_BACKEND_G2D = 2,
  HAL_COMPUTE_BACKEND_OPENGL = 3
} hal_compute_backend;

/** Clockwise rotation. */
typedef enum hal_rotation {
  HAL_ROTATION_NONE = 0,
  HAL_ROTATION_ROTATE90 = 1,
  HAL_ROTATION_ROTATE180 = 2,
  HAL_ROTATION_ROTATE270 = 3
} hal_rotation;

/** Mirroring: VERTICAL exchanges top and bottom, HORIZONTAL left and right. */
typedef enum hal_flip {
  HAL_FLIP_NONE = 0,
  HAL_FLIP_VERTICAL = 1,
  HAL_FLIP_HORIZONTAL = 2
} hal_flip;

/** How pixels are resampled; the weights are those of edgefirst/image.hpp. */
typedef enum hal_filter {
  HAL_FILTER_ANTIALIAS = 0, /**< triangle, widened when shrinking */
  HAL_FILTER_BILINEAR = 1,  /**< plain 2 x 2 */
  HAL_FILTER_NEAREST = 2,
  HAL_FILTER_AREA = 3 /**< mean of the covered pixels */
} hal_filter;

/** How YUV relates to RGB: ITU-R BT.601, BT.709, BT.2020 (non-constant luminance). */
typedef enum hal_color_encoding {
  HAL_COLOR_ENCODING_BT601 = 0,
  HAL_COLOR_ENCODING_BT709 = 1,
  HAL_COLOR_ENCODING_BT2020 = 2
} hal_color_encoding;

/** Y, U, V from 0 to 255, or Y from 16 to 235 and U, V from 16 to 240. */
typedef enum hal_color_range {
  HAL_COLOR_RANGE_FULL = 0,
  HAL_COLOR_RANGE_LIMITED = 1
} hal_color_range;

/** Which number picks a box's colour from the palette of 20. */
typedef enum hal_color_mode {
  HAL_COLOR_MODE_CLASS = 0,    /**< its label */
  HAL_COLOR_MODE_INSTANCE = 1, /**< its position in the list */
  HAL_COLOR_MODE_TRACK = 2     /**< its track where known, else its position */
} hal_color_mode;

/** Where a track is in its life. */
typedef enum hal_track_state {
  HAL_TRACK_STATE_TENTATIVE = 0, /**< not yet seen often enough to be reported */
  HAL_TRACK_STATE_CONFIRMED = 1,
  HAL_TRACK_STATE_LOST = 2 /**< not matched by the last update */
} hal_track_state;

/** Severity of a log record. */
typedef enum hal_log_level {
  HAL_LOG_LEVEL_ERROR = 1,
  HAL_LOG_LEVEL_WARN = 2,
  HAL_LOG_LEVEL_INFO = 3,
  HAL_LOG_LEVEL_DEBUG = 4,
  HAL_LOG_LEVEL_TRACE = 5
} hal_log_level;

/** Form of quantization metadata: one scale or several, with or without zero points. */
typedef enum HalTensorQuantKind {
  HAL_TENSOR_QUANT_KIND_PER_TENSOR_SYMMETRIC = 0,
  HAL_TENSOR_QUANT_KIND_PER_TENSOR = 1,
  HAL_TENSOR_QUANT_KIND_PER_CHANNEL_SYMMETRIC = 2,
  HAL_TENSOR_QUANT_KIND_PER_CHANNEL = 3
} HalTensorQuantKind;

/* ---------------------------------------------------------------------------------------------- */
/* Types                                                                                          */

/** Tracks objects over frames. */
typedef struct hal_bytetrack hal_bytetrack;
/** Turns model outputs into boxes and masks. */
typedef struct hal_decoder hal_decoder;
/** What a decoder is built from. */
typedef struct hal_decoder_params hal_decoder_params;
/** Boxes of one frame. */
typedef struct hal_detect_box_list hal_detect_box_list;
/** The end of work that goes on without its caller. */
typedef struct hal_fence hal_fence;
typedef struct hal_image_decoder hal_image_decoder;
typedef struct hal_buffer_identity hal_buffer_identity;
/** Converts images and draws on them. */
typedef struct hal_image_processor hal_image_processor;
/** One plane of an image in a DMA-BUF made elsewhere. */
typedef struct hal_plane_descriptor hal_plane_descriptor;
/** Masks left as prototypes and coefficients. */
typedef struct hal_proto_data hal_proto_data;
/** Masks of one frame. */
typedef struct hal_segmentation_list hal_segmentation_list;
/** Shape, element type and optional image metadata over a buffer. */
typedef struct hal_tensor hal_tensor;
/** A period of CPU access to a tensor's bytes. */
typedef struct hal_tensor_map hal_tensor_map;
/** Quantization metadata read from a tensor. */
typedef struct HalTensorQuant HalTensorQuant;
/** Tracks of one frame. */
typedef struct hal_track_info_list hal_track_info_list;

/** real = (stored - zero_point) * scale */
typedef struct hal_quantization {
  float scale;
  int32_t zero_point;
} hal_quantization;

/** Corners, confidence and class. Normalised to 0...1 unless the model emits pixels. */
typedef struct hal_detect_box {
  float xmin, ymin, xmax, ymax;
  float score;
  size_t label;
} hal_detect_box;

/** Memory of the caller as strides describe it; borrowed for the call. */
typedef struct hal_strided_memory {
  enum hal_dtype dtype;
  void* data;               /**< aligned to the element */
  const size_t* shape;      /**< ndim extents */
  const ptrdiff_t* strides; /**< bytes from index to index of each axis */
  size_t ndim;              /**< 1...8 */
} hal_strided_memory;

/** Pixel rectangle. */
typedef struct hal_rect {
  size_t left, top, width, height;
} hal_rect;

/** What part of a source goes where; each member counts only where its flag is true. */
typedef struct hal_crop {
  struct hal_rect src_rect;
  struct hal_rect dst_rect;
  uint8_t dst_color[4]; /**< R, G, B, A for what dst_rect leaves */
  bool has_src_rect;
  bool has_dst_rect;
  bool has_dst_color;
} hal_crop;

/** Everything a conversion can be told; start from hal_convert_options_new(). */
typedef struct hal_convert_options {
  struct hal_crop crop;
  enum hal_rotation rotation;
  enum hal_flip flip;
  enum hal_filter filter;
  /** F16 and F32 destinations hold value * scale[c] + offset[c] for the 8-bit value and channel c
   *  in R, G, B, A order. */
  float scale[4];
  float offset[4];
} hal_convert_options;

/**
 * Where a picture lies inside a model's input after an aspect-preserving fit, computed once by
 * hal_letterbox_fit_new(): content is the destination rectangle of the conversion, normalized the
 * letterbox of drawing and masks, and hal_letterbox_fit_to_source() leads boxes back.
 */
typedef struct hal_letterbox_fit {
  size_t source_width, source_height;
  size_t target_width, target_height;
  struct hal_rect content;
  float normalized[4]; /**< content in units of the target: xmin, ymin, xmax, ymax */
} hal_letterbox_fit;

/** How many requests a backend took, or declined for one reason. */
typedef struct hal_request_count {
  enum hal_compute_backend backend;
  const char* reason; /**< "" for those it took; static */
  uint64_t count;
} hal_request_count;

/** How pictures are decoded; start from hal_decode_options_new(). */
typedef struct hal_decode_options {
  int format;        /**< a hal_pixel_format, or -1 for RGB */
  bool apply_exif;   /**< turn the picture upright */
  bool strict;       /**< refuse JPEGs that break the standard or are more than baseline, and PNGs
                          with a wrong or missing checksum, with data in several runs or behind the
                          last row, or without an end */
  bool tolerant;     /**< keep what a damaged file holds; see hal_image_info.valid_rows */
  size_t threads;    /**< to use at most; 0: as many as help. Pixels do not depend on it */
  size_t max_pixels; /**< larger pictures, larger files and JPEGs of more scans are refused */
  size_t max_bytes;
  size_t max_scans;
} hal_decode_options;

/** What a decode wrote, or a peek would write. */
typedef struct hal_image_info {
  size_t width; /**< after orientation where it is applied */
  size_t height;
  enum hal_pixel_format format;
  size_t row_stride; /**< bytes: the tensor's for a decode, for a peek a pixel's times width */
  int orientation;   /**< 1...8, found in EXIF data or XMP of the file */
  size_t valid_rows; /**< rows of the stored picture, from the top, that are undamaged */
} hal_image_info;

/** One track. Times are in the unit of the timestamps given to the tracker. */
typedef struct hal_track_info {
  uint8_t uuid[16];      /**< version 4 (RFC 9562) */
  float location[4];     /**< xmin, ymin, xmax, ymax */
  int32_t count;         /**< detections matched so far */
  uint64_t created;      /**< time of the first detection */
  uint64_t last_updated; /**< time of the last detection */
} hal_track_info;

/** What a tracker does; start from hal_bytetrack_options_default(). */
typedef struct hal_bytetrack_options {
  float track_update;    /**< share of each measurement that corrects a track, 0...1 */
  float high_thresh;     /**< score that starts a track and enters the first association */
  float match_thresh;    /**< least overlap (IoU) of a match */
  float low_thresh;      /**< least score of the second association */
  uint64_t lifespan_ns;  /**< a track ends when it was not matched for longer than this */
  uint64_t frame_ns;     /**< one step of timed motion, which 0 makes EINVAL */
  int32_t confirm_after; /**< detections (1 or more) until it is reported; a miss before ends it */
  bool optimal_assignment; /**< least cost, near-linear on sparse scenes; crowds: see below */
  bool timed_motion;       /**< move by the time between timestamps, not one step per update */
  bool per_class;          /**< a detection continues tracks of its own label only */
  bool match_tiny;         /**< also boxes whose union is at most 1e-5 */
} hal_bytetrack_options;
/* Where more than 2048 boxes or tracks overlap in one crowd, or 8 million pairs in a frame, boxes
 * choose in turn, best score first, the track that they overlap most. */

/**
 * What hal_decoder_decode_request() does beyond the defaults; all zero: nothing. Where
 * source_width is not 0, boxes leave in pixels of the source picture, which lies at content in a
 * model input of input_width x input_height; content of width 0: where hal_letterbox() puts it,
 * else a rectangle of the input, or the call fails with EINVAL.
 */
typedef struct hal_decode_request {
  size_t element; /**< of the batch */
  size_t source_width, source_height;
  size_t input_width, input_height;
  struct hal_rect content;
  struct hal_bytetrack* tracker; /**< NULL, or advanced once: results are tracked */
  uint64_t timestamp;            /**< for the tracker, ns */
} hal_decode_request;

/* Headers that vendors ship with their delegates repeat these types: whichever comes first counts.
 */
#ifndef HAL_DMABUF_TYPES
#define HAL_DMABUF_TYPES

/** Capacity of hal_dmabuf_tensor_info.shape. */
#define HAL_DMABUF_MAX_NDIM 8
/** Capacity of hal_camera_adaptor_format_info.fourcc, the NUL included. */
#define HAL_FOURCC_MAX_LEN 8

/** An inference runtime's delegate; made and destroyed by that runtime, never by this library. */
typedef void* hal_delegate_t;

/**
 * A delegate's tensor in DMA-BUF memory: what hal_dmabuf_get_tensor_info() tells, one of the
 * functions that delegate libraries export and edgefirst/hal_dmabuf.h declares.
 */
typedef struct hal_dmabuf_tensor_info {
  size_t size;   /**< bytes of the buffer, maybe more than the tensor needs */
  size_t offset; /**< bytes in front of the tensor */
  size_t shape[HAL_DMABUF_MAX_NDIM];
  size_t ndim; /**< 0: unknown shape */
  int fd;      /**< borrowed; hal_plane_descriptor_new() duplicates it */
  enum hal_dtype dtype;
} hal_dmabuf_tensor_info;

/** A camera format that a delegate adapts on its own: hal_camera_adaptor_get_format_info(). */
typedef struct hal_camera_adaptor_format_info {
  int input_channels;
  int output_channels;
  char fourcc[HAL_FOURCC_MAX_LEN]; /**< ASCII, at most four characters and a NUL */
} hal_camera_adaptor_format_info;

#endif /* HAL_DMABUF_TYPES */

/**
 * What hal_image_processor_draw_overlay() paints; start from hal_overlay_new(). The objects and
 * arrays pointed at are borrowed for the call. tracks is parallel to detections, or what
 * hal_bytetrack_update() returned for them: a detection without a track takes the colour of its
 * place, and its label shows no track.
 */
typedef struct hal_overlay {
  const struct hal_detect_box_list* detections;      /**< NULL: no boxes */
  const struct hal_segmentation_list* segmentations; /**< NULL: no masks */
  const struct hal_track_info_list* tracks;          /**< NULL, or those of detections */
  const struct hal_tensor* background;               /**< NULL: cleared to zero */
  const float* letterbox;         /**< NULL, or x0, y0, x1, y1: the picture in the model input */
  const char* const* class_names; /**< by label; NULL or a missing one shows the number */
  size_t num_class_names;
  float opacity; /**< of masks, 0...1 */
  enum hal_color_mode color_mode;
  bool labels; /**< write "name score" above each box */
} hal_overlay;

/** Receives log records, from any thread and maybe from several at once. The texts live for the
 *  call only. It runs in the middle of a call, whose objects it must not use. */
typedef void (*hal_log_callback)(enum hal_log_level level, const char* target, const char* message,
                                 void* userdata);

/** Receives one trace event, a JSON object on one line, from any thread, but one at a time. The
 * text lives for the call only. It can neither start nor stop a session. It may use the library and
 * its threads, but it runs in the middle of the call whose step it tells: it must neither use the
 * objects of that call nor wait for another call that may be about to tell a step. */
typedef void (*hal_trace_callback)(const char* event, void* userdata);

/* ---------------------------------------------------------------------------------------------- */
/* Library                                                                                        */

/** The library's version by semantic versioning, "1.0.0"; static storage. */
HAL_API const char* hal_version(void);
/** The EdgeFirst HAL whose programs run unchanged on this library, "0.24.2"; static storage. */
HAL_API const char* hal_compatible_version(void);
/** A few lines on version, SIMD targets and threads, and on variables of the environment whose
 * value is none that they may have; for the caller to free(). */
HAL_API char* hal_build_info(void);

/**
 * Why the calling thread's last failing call failed: the function, the thing, its value, the limit
 * and what to do, on one line of at most 300 bytes. Valid until the next failure of this thread; ""
 * before the first one. Never NULL.
 */
HAL_API const char* hal_last_error(void);

/* The probes try a small allocation once and remember the answer for the process. */

/** Linux: whether a DMA heap gives memory. false elsewhere. */
HAL_API bool hal_is_dma_available(void);
/** macOS: whether an IOSurface can be made. false elsewhere. */
HAL_API bool hal_is_iosurface_available(void);
/** Whether HAL_TENSOR_MEMORY_DMA gives a buffer that the GPU can share. */
HAL_API bool hal_is_gpu_buffer_available(void);
/** Whether POSIX shared memory can be made. */
HAL_API bool hal_is_shm_available(void);

/* ---------------------------------------------------------------------------------------------- */
/* Tensors                                                                                        */

/**
 * A zero-filled tensor of 1 to 8 extents in exactly the memory asked for. name may be NULL; for
 * shared memory it is the object's name.
 * EINVAL: shape NULL, ndim out of range. ENOMEM: every failure to allocate, such as memory of that
 * kind not being available here, a shared-memory name in use, or PBO.
 */
HAL_API struct hal_tensor* hal_tensor_new(enum hal_dtype dtype, const size_t* shape, size_t ndim,
                                          enum hal_tensor_memory memory, const char* name);

/**
 * A tensor over an existing DMA-BUF or shared-memory descriptor, which is duplicated. Every call
 * makes a new buffer identity: wrap once and reuse. Memory of a sparse object is claimed as far as
 * the shape reaches. A memfd is sealed against shrinking where it lets itself be sealed; while
 * other shared memory is mapped its maker must not cut it short, which would end an access in
 * SIGBUS.
 * EINVAL: shape NULL, ndim out of range, fd negative. EIO: a descriptor that cannot be used, or a
 * shape without elements. ENOTSUP: not available on this platform.
 */
HAL_API struct hal_tensor* hal_tensor_from_fd(enum hal_dtype dtype, int fd, const size_t* shape,
                                              size_t ndim, const char* name);

/** macOS: a tensor over an IOSurfaceRef, which is retained. ENOTSUP elsewhere. */
HAL_API struct hal_tensor* hal_tensor_from_iosurface(enum hal_dtype dtype, void* surface_ref,
                                                     const size_t* shape, size_t ndim,
                                                     const char* name);

/** Releases the handle; open maps keep the bytes alive until they are unmapped. */
HAL_API void hal_tensor_free(struct hal_tensor* tensor);

/** Element type; HAL_DTYPE_U8 for NULL. */
HAL_API enum hal_dtype hal_tensor_dtype(const struct hal_tensor* tensor);
/** Bytes per element; 0 for NULL. */
HAL_API size_t hal_tensor_dtype_size(const struct hal_tensor* tensor);
/** Memory in use; HAL_TENSOR_MEMORY_MEM for NULL. */
HAL_API enum hal_tensor_memory hal_tensor_memory_type(const struct hal_tensor* tensor);
/** A copy of the name for the caller to free(); NULL for NULL. */
HAL_API char* hal_tensor_name(const struct hal_tensor* tensor);
/** The extents, borrowed until the tensor is freed or reshaped. out_ndim may be NULL. For a NULL
 *  tensor: NULL, and 0 extents. */
HAL_API const size_t* hal_tensor_shape(const struct hal_tensor* tensor, size_t* out_ndim);
/** Number of elements; 0 for NULL. */
HAL_API size_t hal_tensor_len(const struct hal_tensor* tensor);
/** Number of elements times their size, without row padding; 0 for NULL. */
HAL_API size_t hal_tensor_size(const struct hal_tensor* tensor);

/**
 * A new descriptor of the tensor's DMA-BUF or shared memory, close-on-exec, the caller's to close.
 * ENOTSUP: memory without a descriptor. EIO: duplication failed.
 */
HAL_API int hal_tensor_clone_fd(const struct hal_tensor* tensor);
/** The same for DMA-BUF memory only: ENOTSUP for every other kind. */
HAL_API int hal_tensor_dmabuf_clone(const struct hal_tensor* tensor);
/** macOS: the IOSurface's id. 0 with ENOTSUP elsewhere. */
HAL_API uint32_t hal_tensor_iosurface_id(const struct hal_tensor* tensor);
/** macOS: the IOSurfaceRef, borrowed. NULL with ENOTSUP elsewhere. */
HAL_API void* hal_tensor_iosurface_ref(const struct hal_tensor* tensor);

/**
 * Another shape for the same elements. Clears pixel format, row stride and plane offset, and
 * invalidates pointers from hal_tensor_shape(). Bytes stay where they are: after padded rows the
 * elements are the first bytes, padding included. Quantization per channel that no longer fits is
 * dropped.
 * EINVAL: NULL, ndim not in 1...8, another element count.
 */
HAL_API int hal_tensor_reshape(struct hal_tensor* tensor, const size_t* shape, size_t ndim);

/* Capacity, views and placement (beyond 0.24) ---------------------------------------------------
 */

/**
 * A tensor over size_bytes of the caller's memory, without a copy. release (may be NULL) is called
 * once with context when the last tensor, view and map over it is gone, in whatever thread that
 * happens. On failure it is not called: the memory stays the caller's.
 * EINVAL: data or shape NULL, data not aligned to the element, ndim not in 1...8, a shape of more
 * than size_bytes.
 */
HAL_API struct hal_tensor* hal_tensor_wrap(enum hal_dtype dtype, void* data, size_t size_bytes,
                                           const size_t* shape, size_t ndim,
                                           void (*release)(void* context), void* context);
/**
 * The same over memory whose rows lie apart, at one distance: a padded camera buffer, or a
 * rectangle of a frame. format: a hal_pixel_format, whose rows they are, or -1 for a tensor without
 * one, whose rows are the indices of axis 0, as of the planes that hal_tensor_from_planes() takes.
 * NV12 of a camera whose rows are pitch bytes apart: const size_t shape[2] = {height * 3 / 2,
 * width}; const ptrdiff_t strides[2] = {pitch, 1}; const struct hal_strided_memory memory =
 * {HAL_DTYPE_U8, frame, shape, strides, 2}; hal_tensor* image = hal_tensor_wrap_strided(&memory,
 * HAL_PIXEL_FORMAT_NV12, NULL, NULL); EINVAL also: gaps inside a row, axes that run backwards,
 * planes further apart than their rows, a shape that is no image of the format. Copy such memory.
 */
HAL_API struct hal_tensor* hal_tensor_wrap_strided(const struct hal_strided_memory* memory,
                                                   int format, void (*release)(void* context),
                                                   void* context);
/** Bytes from the plane offset to the end of the buffer, or of a view's part of it; 0 for NULL. */
HAL_API size_t hal_tensor_capacity(const struct hal_tensor* tensor);
/**
 * A shape of any element count that the capacity holds: allocate once, fit every frame. Clears and
 * invalidates what hal_tensor_reshape() does.
 * EINVAL: NULL, ndim not in 1...8, two planes. ENOSPC: more bytes than the buffer has.
 */
HAL_API int hal_tensor_resize(struct hal_tensor* tensor, const size_t* shape, size_t ndim);
/** hal_tensor_resize() to an image with tight rows. EINVAL also for an odd NV12 height. */
HAL_API int hal_tensor_configure_image(struct hal_tensor* tensor, size_t width, size_t height,
                                       enum hal_pixel_format format);
/**
 * A rectangle of a packed image as a tensor of its own, with the image's row stride, sharing its
 * bytes and buffer identity. For the caller to free; it outlives the image.
 * EINVAL: NULL, no pixel format, a rectangle that is empty, outside or cuts a YUYV pair.
 * ENOTSUP: planar formats.
 */
HAL_API struct hal_tensor* hal_tensor_view(const struct hal_tensor* tensor, struct hal_rect rect);
/**
 * Element n of an [N, ...] tensor, shape [...], without pixel format, sharing its bytes: one slot
 * of a batch. For the caller to free.
 * EINVAL: NULL, n past the end, a single axis. ENOTSUP: padded rows, two planes.
 */
HAL_API struct hal_tensor* hal_tensor_batch(const struct hal_tensor* tensor, size_t n);
/**
 * A zero-filled image whose rows start every row_stride bytes.
 * EINVAL: width or height 0, row_stride below a row. ENOMEM: anything else.
 */
HAL_API struct hal_tensor* hal_tensor_new_image_with_stride(size_t width, size_t height,
                                                            enum hal_pixel_format format,
                                                            size_t row_stride, enum hal_dtype dtype,
                                                            enum hal_tensor_memory memory);
/** Rows start every bytes bytes from now on. EINVAL: NULL, no pixel format, less than a row, more
 *  than the buffer holds. */
HAL_API int hal_tensor_set_row_stride(struct hal_tensor* tensor, size_t bytes);
/** Bytes from the start of the buffer to the first element; 0 for NULL. */
HAL_API size_t hal_tensor_plane_offset(const struct hal_tensor* tensor);
/** EINVAL: NULL, no multiple of the element size, elements past the end of the buffer. */
HAL_API int hal_tensor_set_plane_offset(struct hal_tensor* tensor, size_t bytes);
/**
 * A semi-planar image of two tensors of rank 2 without pixel format, sharing both: luma [h, w] and
 * chroma [h/2, w] (NV12, h even) or [h, w] (NV16), each with its own row stride where it was
 * wrapped with one (hal_tensor_wrap_strided()). For the caller to free. EINVAL: NULL, another
 * format, shapes or element types that do not fit.
 */
HAL_API struct hal_tensor* hal_tensor_from_planes(const struct hal_tensor* luma,
                                                  const struct hal_tensor* chroma,
                                                  enum hal_pixel_format format);
/** The chroma plane of a two-plane image as a tensor for the caller to free; NULL (errno
 *  untouched) for every other tensor. */
HAL_API struct hal_tensor* hal_tensor_chroma(const struct hal_tensor* tensor);
/** Whether writing one can change the other; two descriptors of one buffer are that buffer. false
 *  for NULL. */
HAL_API bool hal_tensor_aliases(const struct hal_tensor* a, const struct hal_tensor* b);
/** Process-unique number of the allocation or import, shared by its views: a key for caches, never
 *  used again. 0 for NULL. */
HAL_API uint64_t hal_tensor_buffer_id(const struct hal_tensor* tensor);
/** What a cache keeps of a buffer without keeping the buffer: its number, and whether it still
 *  exists. The caller frees it. EINVAL: NULL. */
HAL_API struct hal_buffer_identity* hal_tensor_buffer_identity(const struct hal_tensor* tensor);
/** hal_tensor_buffer_id() of the tensor, also after its end. 0 for NULL. */
HAL_API uint64_t hal_buffer_identity_id(const struct hal_buffer_identity* identity);
/** Whether a tensor, view or map still holds the buffer. False for NULL. */
HAL_API bool hal_buffer_identity_is_alive(const struct hal_buffer_identity* identity);
HAL_API void hal_buffer_identity_free(struct hal_buffer_identity* identity);

/* Quantization metadata ------------------------------------------------------------------------ */

/**
 * Attaches real = (stored - zero_point) * scale, replacing what was there.
 * EINVAL: scale not finite or not above 0, zero_point outside the element type, float tensor.
 */
HAL_API int hal_tensor_set_quantization(struct hal_tensor* tensor, float scale, int zero_point);
/**
 * The same with count scales along an axis. zero_points has count entries too, or is NULL for the
 * symmetric form.
 * EINVAL besides: scales NULL, count not the extent of the axis or below 2, axis not below the
 * rank.
 */
HAL_API int hal_tensor_set_quantization_per_channel(struct hal_tensor* tensor, const float* scales,
                                                    const int32_t* zero_points, size_t count,
                                                    size_t axis);
/** Removes the metadata. EINVAL: NULL. */
HAL_API int hal_tensor_clear_quantization(struct hal_tensor* tensor);
/** The metadata for the caller to free, or NULL (errno untouched) where there is none. */
HAL_API struct HalTensorQuant* hal_tensor_quantization(const struct hal_tensor* tensor);
/** Leaves the tensor's metadata alone. */
HAL_API void hal_quantization_free(struct HalTensorQuant* q);
/** Per channel with more than one scale, symmetric where all zero points are 0.
 *  HAL_TENSOR_QUANT_KIND_PER_TENSOR for NULL. */
HAL_API enum HalTensorQuantKind hal_quantization_kind(const struct HalTensorQuant* q);
/** Number of scales; 0 for NULL. */
HAL_API size_t hal_quantization_scale_len(const struct HalTensorQuant* q);
/** Scale i; 0 past the end and for NULL. */
HAL_API float hal_quantization_scale_at(const struct HalTensorQuant* q, size_t i);
/** Zero point i; a single one holds for every i; 0 past the end, where there are none, for NULL. */
HAL_API int32_t hal_quantization_zero_point_at(const struct HalTensorQuant* q, size_t i);
/** Whether all zero points are 0; false for NULL. */
HAL_API bool hal_quantization_is_symmetric(const struct HalTensorQuant* q);
/** true and the axis (axis_out may be NULL) for per-channel metadata; else false. */
HAL_API bool hal_quantization_axis(const struct HalTensorQuant* q, size_t* axis_out);

/* CPU access ----------------------------------------------------------------------------------- */

/**
 * Begins reading and writing the tensor's bytes; end with hal_tensor_map_unmap(). Elements lie
 * row-major without gaps, except that the rows of an image start every hal_tensor_row_stride()
 * bytes. Several maps of a tensor may be open, but only one of a pixel buffer.
 * EINVAL: NULL. EIO: the memory cannot be mapped (pixel buffer in use, its processor gone).
 */
HAL_API struct hal_tensor_map* hal_tensor_map_create(const struct hal_tensor* tensor);
/**
 * The same for reading or writing alone: half the cache maintenance of a DMA-BUF, and the only way
 * into a buffer that was imported from a read-only descriptor. Bytes of a map for reading must not
 * be written. EINVAL also for HAL_CPU_ACCESS_NONE and unknown values.
 */
HAL_API struct hal_tensor_map* hal_tensor_map_create_with(const struct hal_tensor* tensor,
                                                          enum HalCpuAccess access);
/** First byte, valid until unmap; NULL for NULL. */
HAL_API void* hal_tensor_map_data(struct hal_tensor_map* map);
/** First byte, valid until unmap; NULL for NULL. */
HAL_API const void* hal_tensor_map_data_const(const struct hal_tensor_map* map);
/** The extents, borrowed from the map. out_ndim may be NULL. For a NULL map: NULL and 0 extents. */
HAL_API const size_t* hal_tensor_map_shape(const struct hal_tensor_map* map, size_t* out_ndim);
/** Number of elements, without row padding; 0 for NULL. */
HAL_API size_t hal_tensor_map_len(const struct hal_tensor_map* map);
/** Number of elements times their size, without row padding; 0 for NULL. */
HAL_API size_t hal_tensor_map_size(const struct hal_tensor_map* map);
/** Ends the access and releases the map. */
HAL_API void hal_tensor_map_unmap(struct hal_tensor_map* map);

/* ---------------------------------------------------------------------------------------------- */
/* Images and codec                                                                               */

/**
 * A zero-filled image with tight rows in exactly the memory asked for. For images that a processor
 * converts, hal_image_processor_create_image() chooses better.
 * EINVAL: width or height 0. ENOMEM: anything else, an odd NV12 height included.
 */
HAL_API struct hal_tensor* hal_tensor_new_image(size_t width, size_t height,
                                                enum hal_pixel_format format, enum hal_dtype dtype,
                                                enum hal_tensor_memory memory);
/** Declares what the elements mean; the shape must be that of an image of this format (EINVAL,
 *  and the tensor keeps its format). A change clears row stride and plane offset. */
HAL_API int hal_tensor_set_format(struct hal_tensor* tensor, enum hal_pixel_format format);

/* For NULL and for tensors without pixel format the next six return 0, 0, HAL_PIXEL_FORMAT_RGB,
 * false, 0 and 0. */

HAL_API size_t hal_tensor_width(const struct hal_tensor* tensor);
HAL_API size_t hal_tensor_height(const struct hal_tensor* tensor);
HAL_API enum hal_pixel_format hal_tensor_pixel_format(const struct hal_tensor* tensor);
/** true for planar and for semi-planar formats. */
HAL_API bool hal_tensor_is_planar(const struct hal_tensor* tensor);
/** Values per pixel of packed and planar formats; 1 for semi-planar ones. */
HAL_API size_t hal_tensor_channels(const struct hal_tensor* tensor);
/** Bytes from one row to the next, padding included; chroma planes have one too. */
HAL_API size_t hal_tensor_row_stride(const struct hal_tensor* tensor);
/** How a YUV image relates to RGB; conversions follow it. EINVAL: NULL, unknown values. */
HAL_API int hal_tensor_set_colorimetry(struct hal_tensor* tensor, enum hal_color_encoding encoding,
                                       enum hal_color_range range);
/** Back to the default: BT.709 limited range. EINVAL. */
HAL_API int hal_tensor_clear_colorimetry(struct hal_tensor* tensor);
/** Whether the tensor carries colorimetry. encoding and range (each may be NULL) receive it, or the
 *  default. */
HAL_API bool hal_tensor_colorimetry(const struct hal_tensor* tensor,
                                    enum hal_color_encoding* encoding, enum hal_color_range* range);

/**
 * Decodes a JPEG or PNG into the top-left corner of a tensor, at its row stride; all other bytes,
 * shape and format of the tensor stay. Allocate once at the largest size, decode every frame. A
 * tensor without a format counts as rows of its second extent, in pixels of the format decoded to.
 * Values become v (U8), v - 128 (I8), v * 257 (U16), v * 257 - 32768 (I16) or v / 255 (F16, F32).
 * JPEGs of 9 to 16 bits a sample keep their precision, the largest sample becoming 65535 (U16);
 * they are no U8 and no I8. EXIF orientation is not applied. Scratch memory is kept per thread.
 * format: a hal_pixel_format, or -1 for RGB. out_width and out_height receive the picture's size;
 * both may be NULL.
 * EINVAL: len 0, unknown format. ENOSPC: the picture exceeds the tensor. EBADMSG: not a picture,
 * damaged, or a feature or element type that is not supported.
 */
HAL_API int hal_tensor_decode_image(struct hal_tensor* tensor, const uint8_t* data, size_t len,
                                    int format, size_t* out_width, size_t* out_height);
/** The same from a file. ENOENT: no such file. EIO: it cannot be read. EINVAL: it is empty. */
HAL_API int hal_tensor_decode_image_file(struct hal_tensor* tensor, const char* path, int format,
                                         size_t* out_width, size_t* out_height);

/** RGB, EXIF left alone, nothing kept of damaged files, generous limits. */
HAL_API struct hal_decode_options hal_decode_options_new(void);
/**
 * hal_tensor_decode_image() with options; NULL options mean hal_decode_options_new(). out_info may
 * be NULL. The same errno values; EBADMSG also for what exceeds the limits.
 */
HAL_API int hal_tensor_decode_image_with(struct hal_tensor* tensor, const uint8_t* data, size_t len,
                                         const struct hal_decode_options* options,
                                         struct hal_image_info* out_info);
/** The same from a file. */
HAL_API int hal_tensor_decode_image_file_with(struct hal_tensor* tensor, const char* path,
                                              const struct hal_decode_options* options,
                                              struct hal_image_info* out_info);
/** Reads a picture's headers only. EINVAL: NULL, len 0. EBADMSG: not a picture, or unsupported. */
HAL_API int hal_peek_image_info(const uint8_t* data, size_t len,
                                const struct hal_decode_options* options,
                                struct hal_image_info* out_info);
/** The same from a file. ENOENT: no such file. EIO: it cannot be read. EINVAL: it is empty. */
HAL_API int hal_peek_image_info_file(const char* path, const struct hal_decode_options* options,
                                     struct hal_image_info* out_info);

/* A decoder of one's own: its scratch memory belongs to it and not to the thread, and goes with it.
 * One call at a time; different decoders may work at the same time. */

/** NULL with ENOMEM. */
HAL_API struct hal_image_decoder* hal_image_decoder_new(void);
/** hal_tensor_decode_image_with() by this decoder. EINVAL: decoder or tensor NULL. */
HAL_API int hal_image_decoder_decode(struct hal_image_decoder* decoder, struct hal_tensor* tensor,
                                     const uint8_t* data, size_t len,
                                     const struct hal_decode_options* options,
                                     struct hal_image_info* out_info);
/** hal_tensor_decode_image_file_with() by this decoder. EINVAL: decoder or tensor NULL. */
HAL_API int hal_image_decoder_decode_file(struct hal_image_decoder* decoder,
                                          struct hal_tensor* tensor, const char* path,
                                          const struct hal_decode_options* options,
                                          struct hal_image_info* out_info);
/** hal_peek_image_info() by this decoder. EINVAL: decoder or out_info NULL. */
HAL_API int hal_image_decoder_peek(struct hal_image_decoder* decoder, const uint8_t* data,
                                   size_t len, const struct hal_decode_options* options,
                                   struct hal_image_info* out_info);
HAL_API void hal_image_decoder_free(struct hal_image_decoder* decoder);

/**
 * Writes a U8 packed or NV12 image as baseline JPEG, without alpha. A quality outside 1...100 means
 * 80. The file is written beside its name and then renamed: where that fails, an old file stays.
 * EINVAL: NULL. ENOENT: no such folder. EIO: another kind of tensor, or the file cannot be written.
 */
HAL_API int hal_tensor_save_jpeg(const struct hal_tensor* tensor, const char* path, int quality);
/** The bytes of that file, out_len of them, for the caller to free(). NULL with the errno above;
 *  ENOMEM. */
HAL_API uint8_t* hal_tensor_encode_jpeg(const struct hal_tensor* tensor, int quality,
                                        size_t* out_len);

/**
 * A new U8 image of the size of a JPEG or PNG, upright by its EXIF orientation; packed rows of DMA
 * memory are padded to 64 bytes. YUV formats are of BT.601 full range, as the colorimetry then
 * says, and need an even width, NV12 an even height too.
 * EINVAL: NULL, len 0. EBADMSG: the picture cannot be decoded to this format or memory.
 */
HAL_API struct hal_tensor* hal_tensor_load_image(const uint8_t* data, size_t len,
                                                 enum hal_pixel_format format,
                                                 enum hal_tensor_memory memory);
/** The same from a file. ENOENT: no such file. EIO: it cannot be read. */
HAL_API struct hal_tensor* hal_tensor_load_image_file(const char* path,
                                                      enum hal_pixel_format format,
                                                      enum hal_tensor_memory memory);
/** The same as hal_tensor_load_image(). */
HAL_API struct hal_tensor* hal_tensor_load_jpeg(const uint8_t* data, size_t len,
                                                enum hal_pixel_format format,
                                                enum hal_tensor_memory memory);
/** The same as hal_tensor_load_image(). */
HAL_API struct hal_tensor* hal_tensor_load_png(const uint8_t* data, size_t len,
                                               enum hal_pixel_format format,
                                               enum hal_tensor_memory memory);

/* ---------------------------------------------------------------------------------------------- */
/* Rectangles and crops                                                                           */

/** Its arguments as a struct, unchecked. */
HAL_API struct hal_rect hal_rect_new(size_t left, size_t top, size_t width, size_t height);
/** No rectangles, no colour: the whole source to the whole destination. */
HAL_API struct hal_crop hal_crop_new(void);
/** Sets the source rectangle; a NULL rect drops it. A NULL crop is ignored, here and below. */
HAL_API void hal_crop_set_src_rect(struct hal_crop* crop, const struct hal_rect* rect);
/** Sets the destination rectangle; a NULL rect drops it. */
HAL_API void hal_crop_set_dst_rect(struct hal_crop* crop, const struct hal_rect* rect);
/** Sets the colour of what the destination rectangle leaves. */
HAL_API void hal_crop_set_dst_color(struct hal_crop* crop, uint8_t r, uint8_t g, uint8_t b,
                                    uint8_t a);
/**
 * Where a picture lies in a model's input after an aspect-preserving, centred fit: the destination
 * rectangle of a letterbox. A size of 0 gives an empty rectangle and EINVAL.
 */
HAL_API struct hal_rect hal_letterbox(size_t source_width, size_t source_height,
                                      size_t target_width, size_t target_height);
/** The same fit with the way back. Ultralytics' rounding: ratio = min(W/w, H/h), content size
 *  round(w * ratio) x round(h * ratio), left = round(pad_x / 2 - 0.1), top likewise, halves to
 *  even. A size of 0 gives an empty fit and EINVAL. */
HAL_API struct hal_letterbox_fit hal_letterbox_fit_new(size_t source_width, size_t source_height,
                                                       size_t target_width, size_t target_height);
/** A box normalised to the target (xmin, ymin, xmax, ymax) becomes pixels of the source, clamped to
 *  the picture. EINVAL: NULL, a content that is empty or leaves the target. */
HAL_API int hal_letterbox_fit_to_source(const struct hal_letterbox_fit* fit, float box[4]);

/* ---------------------------------------------------------------------------------------------- */
/* Image processor                                                                                */

/**
 * A processor with every backend of this machine; conversions take the first of OpenGL, G2D and
 * CPU that accepts them. Follows EDGEFIRST_FORCE_BACKEND and EDGEFIRST_DISABLE_GL, _G2D, _CPU.
 * ENOTSUP: a backend forced by the environment is unknown or absent.
 */
HAL_API struct hal_image_processor* hal_image_processor_new(void);
/** The same for AUTO; else that backend where it is present, and the CPU. */
HAL_API struct hal_image_processor* hal_image_processor_new_with_backend(
    enum hal_compute_backend backend);
/** Tensors made by the processor may outlive it; its pixel buffers cannot be mapped any more. */
HAL_API void hal_image_processor_free(struct hal_image_processor* processor);

/**
 * Source rectangle -> flip -> rotation -> scaling into the destination rectangle, with conversion
 * to dst's format and element type. crop NULL: whole images. Without a colour the pixels outside
 * the destination rectangle stay; an empty rectangle, or a source without pixels, leaves all of dst
 * but what the colour fills. That, and a colour without a destination rectangle, is a warning of
 * the log. dst is complete when the call returns.
 * EINVAL: NULL, or src and dst share memory. EIO: every other reason; hal_last_error() and
 * hal_image_processor_explain() tell which.
 */
HAL_API int hal_image_processor_convert(struct hal_image_processor* processor,
                                        const struct hal_tensor* src, struct hal_tensor* dst,
                                        enum hal_rotation rotation, enum hal_flip flip,
                                        const struct hal_crop* crop);
/** No crop, no turn, anti-aliased, floats from 0 to 1. */
HAL_API struct hal_convert_options hal_convert_options_new(void);
/** hal_image_processor_convert() with a filter, and scale and offset of float destinations.
 *  options NULL: hal_convert_options_new(). EIO also for what would have no effect: an empty
 *  rectangle, a colour without a destination rectangle, a scale or offset for integers. */
HAL_API int hal_image_processor_convert_with(struct hal_image_processor* processor,
                                             const struct hal_tensor* src, struct hal_tensor* dst,
                                             const struct hal_convert_options* options);
/**
 * Submits hal_image_processor_convert_with() and returns at once. Conversions of one processor are
 * done in the order of submission, and its other calls come after them. src and dst may be freed;
 * their memory is kept until the fence is done, and until then dst must not be touched and src not
 * be changed. 64 may be pending, then the call waits. hal_image_processor_free() ends what is
 * pending first. In a child of fork() the conversion is done at once.
 * The errors of the arguments are those of the convert; later ones are the fence's.
 */
HAL_API struct hal_fence* hal_image_processor_convert_async(
    struct hal_image_processor* processor, const struct hal_tensor* src, struct hal_tensor* dst,
    const struct hal_convert_options* options);
/**
 * Waits at most timeout_ms milliseconds; negative: until the end. 1: done. 0: not yet. -1 with the
 * errno of the convert, every time, where the work failed. EINVAL: NULL. A fence may be waited for
 * by many threads.
 */
HAL_API int hal_fence_wait(const struct hal_fence* fence, int64_t timeout_ms);
/** Whether the work is over, well or not; false for NULL. */
HAL_API bool hal_fence_is_done(const struct hal_fence* fence);
/** Neither stops the work nor waits for it. */
HAL_API void hal_fence_free(struct hal_fence* fence);
/**
 * Every backend's answer to that conversion, one line each, in order of preference: "cpu: yes", or
 * "g2d: no: <reason>". For the caller to free(). NULL with the errno of
 * hal_image_processor_convert_with() otherwise.
 */
HAL_API char* hal_image_processor_explain(const struct hal_image_processor* processor,
                                          const struct hal_tensor* src,
                                          const struct hal_tensor* dst, enum hal_rotation rotation,
                                          enum hal_flip flip, const struct hal_crop* crop);

/**
 * What the backends did with the valid conversions and drawings so far. Writes at most capacity
 * entries to counts (may be NULL with capacity 0) and returns how many there are; 0 for NULL, and
 * 0 with ENOMEM where there is no memory to collect them.
 */
HAL_API size_t hal_image_processor_request_counts(const struct hal_image_processor* processor,
                                                  struct hal_request_count* counts,
                                                  size_t capacity);

/** Replaces the first colours (R, G, B, A) of the palette of 20; extra ones are a warning of the
 * log. EINVAL: NULL, num_colors 0. EIO: the backend cannot draw. */
HAL_API int hal_image_processor_set_class_colors(struct hal_image_processor* processor,
                                                 const uint8_t (*colors)[4], size_t num_colors);

/** Row alignment that GPU imports of DMA-BUFs need: 64 bytes. */
HAL_API size_t hal_gpu_dma_buf_pitch_alignment_bytes(void);
/** The smallest width >= width whose rows of bpp-byte pixels are a multiple of that; width itself
 *  where an argument is 0 or the result would overflow. */
HAL_API size_t hal_align_width_for_gpu_pitch(size_t width, size_t bpp);
/** The same with the bytes per pixel of the primary plane of a format. */
HAL_API size_t hal_align_width_for_pixel_format(size_t width, enum hal_pixel_format format,
                                                enum hal_dtype dtype);

/**
 * A zero-filled image in the memory that suits the processor: DMA (packed rows padded to 64
 * bytes), pixel buffer, or heap. The way to make intermediates and destinations of convert.
 * EINVAL: NULL, size 0 or unsuited to the format. ENOTSUP: format. ENOMEM, EIO: allocation.
 */
HAL_API struct hal_tensor* hal_image_processor_create_image(struct hal_image_processor* processor,
                                                            size_t width, size_t height,
                                                            enum hal_pixel_format format,
                                                            enum hal_dtype dtype);

/* DMA-BUF import ------------------------------------------------------------------------------- */

/** Duplicates fd, of any kind. EINVAL: negative. Else the errno of the duplication. */
HAL_API struct hal_plane_descriptor* hal_plane_descriptor_new(int fd);
/** Only for descriptors that were never passed to hal_import_image(). */
HAL_API void hal_plane_descriptor_free(struct hal_plane_descriptor* pd);
/** Bytes per row, above 0; unset: tight rows. EINVAL. */
HAL_API int hal_plane_descriptor_set_stride(struct hal_plane_descriptor* pd, size_t stride);
/** Position of the first pixel in bytes; unset: 0. EINVAL. */
HAL_API int hal_plane_descriptor_set_offset(struct hal_plane_descriptor* pd, size_t offset);
/**
 * Wraps DMA-BUF planes made by a camera, codec or NPU as an image, without a copy. chroma NULL:
 * one plane; else two planes of NV12. Consumes both descriptors, whether it succeeds or fails.
 * EINVAL: NULL processor or image, size 0, one descriptor given twice, odd NV12 height, stride
 * below a row. ENOTSUP: no import on this platform, not a DMA-BUF, other two-plane formats. Else
 * EIO or the errno of the system call.
 */
HAL_API struct hal_tensor* hal_import_image(struct hal_image_processor* processor,
                                            struct hal_plane_descriptor* image,
                                            struct hal_plane_descriptor* chroma, size_t width,
                                            size_t height, enum hal_pixel_format format,
                                            enum hal_dtype dtype);

/* Overlays -------------------------------------------------------------------------------------
 * dst is a U8 RGBA, RGB or BGRA image and is rewritten completely: background, or zeros without
 * one, then masks and 3-pixel outlines. background has dst's size and format and other memory.
 * opacity (0...1) scales the alpha of masks. Outlines set dst's alpha to 255, masks blend it as
 * they do the colours. letterbox: NULL, or x0, y0, x1, y1 of the picture in the model input,
 * normalised and finite; boxes and masks are mapped back through it, an extent of 0 counting as 1.
 * A box outside the picture, or with a NaN or an infinity in its corners or score, paints nothing.
 * What has no effect (boxes or a letterbox in pixels, maps behind the first, an opacity of NaN) is
 * an EIO of hal_image_processor_draw_overlay() and a warning of the log elsewhere.
 * EINVAL: NULL where an object is needed, background sharing memory with dst. EIO: the rest. */

/** Draws results at hand. detections NULL: none. segmentations NULL: outlines only; mask i belongs
 *  to detection i, and one mask of several channels is a semantic map of the picture. */
HAL_API int hal_image_processor_draw_decoded_masks(
    struct hal_image_processor* processor, struct hal_tensor* dst,
    const struct hal_detect_box_list* detections, const struct hal_segmentation_list* segmentations,
    const struct hal_tensor* background, float opacity, const float* letterbox,
    enum hal_color_mode color_mode);
/** Masks of 0 and 255 at prototype resolution, one per detection, for the caller to free.
 *  ENOTSUP: the processor has no CPU backend. EIO: counts differ, tensors taken out of proto. */
HAL_API struct hal_segmentation_list* hal_image_processor_materialize_masks(
    struct hal_image_processor* processor, const struct hal_detect_box_list* detections,
    const struct hal_proto_data* proto, const float* letterbox);
/** Decodes model outputs and draws them. *out_boxes receives a new list on success. */
HAL_API int hal_image_processor_draw_masks(struct hal_image_processor* processor,
                                           const struct hal_decoder* decoder,
                                           const struct hal_tensor* const* outputs,
                                           size_t num_outputs, struct hal_tensor* dst,
                                           const struct hal_tensor* background, float opacity,
                                           const float* letterbox, enum hal_color_mode color_mode,
                                           struct hal_detect_box_list** out_boxes);
/** Draws detections with masks computed from prototypes: coefficient row i is that of detection
 *  i; detections beyond the last row are drawn as outlines. */
HAL_API int hal_image_processor_draw_proto_masks(struct hal_image_processor* processor,
                                                 struct hal_tensor* dst,
                                                 const struct hal_detect_box_list* detections,
                                                 const struct hal_proto_data* proto,
                                                 const struct hal_tensor* background, float opacity,
                                                 const float* letterbox,
                                                 enum hal_color_mode color_mode);
/** Decodes, advances the tracker once, and draws the tracked boxes. *out_boxes and, where not
 *  NULL, *out_tracks receive new lists, parallel to each other; see hal_decoder_decode_tracked().
 *  The tracker keeps its new state when drawing fails. */
HAL_API int hal_image_processor_draw_masks_tracked(
    struct hal_image_processor* processor, const struct hal_decoder* decoder,
    struct hal_bytetrack* tracker, uint64_t timestamp, const struct hal_tensor* const* outputs,
    size_t num_outputs, struct hal_tensor* dst, const struct hal_tensor* background, float opacity,
    const float* letterbox, enum hal_color_mode color_mode, struct hal_detect_box_list** out_boxes,
    struct hal_track_info_list** out_tracks);
/** Nothing to draw, opacity 1, colours by class, no labels. */
HAL_API struct hal_overlay hal_overlay_new(void);
/** Draws results at hand with everything an overlay can show: masks, labels, track colours. EIO
 * also for class_names without labels, and for tracks that neither labels nor colours show. */
HAL_API int hal_image_processor_draw_overlay(struct hal_image_processor* processor,
                                             struct hal_tensor* dst,
                                             const struct hal_overlay* overlay);

/* ---------------------------------------------------------------------------------------------- */
/* Decoder parameters                                                                             */

/** Thresholds 0.5, NMS AUTO, 300 candidates, 300 detections, no model. ENOMEM. */
HAL_API struct hal_decoder_params* hal_decoder_params_new(void);
HAL_API void hal_decoder_params_free(struct hal_decoder_params* params);

/* The model is described by exactly one of: a JSON text, a YAML text, a file, or outputs added one
 * by one. Setting the same one again replaces it. Checked by hal_decoder_new(). */

/** Copies the text: len bytes, or up to the NUL for len 0. EINVAL: NULL, not UTF-8. */
HAL_API int hal_decoder_params_set_config_json(struct hal_decoder_params* params, const char* json,
                                               size_t len);
/** Copies the text: len bytes, or up to the NUL for len 0. EINVAL: NULL, not UTF-8. */
HAL_API int hal_decoder_params_set_config_yaml(struct hal_decoder_params* params, const char* yaml,
                                               size_t len);
/** A file to be read by hal_decoder_new(): JSON where its name ends in .json or its text begins
 *  with "{", else YAML. EINVAL: NULL, not UTF-8. */
HAL_API int hal_decoder_params_set_config_file(struct hal_decoder_params* params, const char* path);
/** A model file (.onnx, .tflite) to be read by hal_decoder_new(): its metadata and outputs say how
 *  to decode it; see hal_decoder_explain(). EINVAL: NULL, not UTF-8. */
HAL_API int hal_decoder_params_set_model_file(struct hal_decoder_params* params, const char* path);
/**
 * Adds an output and returns its index. shape and dims list ndim axes in memory order, outermost
 * first; dims NULL: the shape is in the canonical order of its type.
 * EINVAL: NULL params or shape, ndim 0.
 */
HAL_API int hal_decoder_params_add_output(struct hal_decoder_params* params,
                                          enum HalOutputType type, enum HalDecoderType decoder,
                                          const size_t* shape, const enum HalDimName* dims,
                                          size_t ndim);
/** EINVAL: NULL, no such output. */
HAL_API int hal_decoder_params_output_set_quantization(struct hal_decoder_params* params, int index,
                                                       float scale, int zero_point);
/** Anchors as width, height; DETECTION outputs only. EINVAL: NULL, no such output, other type. */
HAL_API int hal_decoder_params_output_set_anchors(struct hal_decoder_params* params, int index,
                                                  const float (*anchors)[2], size_t num_anchors);
/** Non-zero: coordinates in 0...1, else pixels; DETECTION and BOXES outputs only. EINVAL. */
HAL_API int hal_decoder_params_output_set_normalized(struct hal_decoder_params* params, int index,
                                                     int normalized);
/** Non-zero: feature 4 is a factor of every class score (YOLOv5); DETECTION outputs only. EINVAL:
 *  NULL, no such output, other type. */
HAL_API int hal_decoder_params_output_set_objectness(struct hal_decoder_params* params, int index,
                                                     int has_objectness);

/* The setters below fail for NULL params only (EINVAL), if nothing else is said. */

HAL_API int hal_decoder_params_set_score_threshold(struct hal_decoder_params* params,
                                                   float threshold);
HAL_API int hal_decoder_params_set_iou_threshold(struct hal_decoder_params* params,
                                                 float threshold);
/** Overrides the model's description, except for AUTO, which defers to it. */
HAL_API int hal_decoder_params_set_nms(struct hal_decoder_params* params, enum hal_nms nms);
/** Counts for outputs added one by one; texts and files carry their own. */
HAL_API int hal_decoder_params_set_decoder_version(struct hal_decoder_params* params,
                                                   enum HalDecoderVersion version);
/** Best candidates that enter NMS; 0: all. */
HAL_API int hal_decoder_params_set_pre_nms_top_k(struct hal_decoder_params* params,
                                                 size_t pre_nms_top_k);
/** Most detections of a frame. */
HAL_API int hal_decoder_params_set_max_det(struct hal_decoder_params* params, size_t max_det);
/** Model input in pixels, overriding the description. EINVAL: a side of 0. */
HAL_API int hal_decoder_params_set_input_dims(struct hal_decoder_params* params, size_t width,
                                              size_t height);

/* ---------------------------------------------------------------------------------------------- */
/* Decoder                                                                                        */

/**
 * A decoder built from a copy of the parameters.
 * EINVAL: NULL, not exactly one description. ENOENT: no such file. EIO: it cannot be read.
 * EBADMSG: the description does not parse or describes no valid model.
 */
HAL_API struct hal_decoder* hal_decoder_new(const struct hal_decoder_params* params);
HAL_API void hal_decoder_free(struct hal_decoder* decoder);

/* Outputs may come in any order: each configured output takes the first unused tensor of its shape,
 * one that bears the output's name first. Batch element 0 is decoded where the request names no
 * other. All tensors are floats of one kind, or integers of up to 32 bits. Integers are scaled by
 * the quantization of their tensor, else by the configured one; scale 1 and zero point 0 take them
 * as they are.
 * EINVAL: NULL, no outputs, no tensor of a configured shape, element types that do not go together,
 * integers without quantization. EIO: internal fault. */

/** *out_boxes receives the detections, by falling score where NMS runs (end-to-end models, and
 *  without NMS detection-only ones, keep the order of their outputs); *out_segmentations (may be
 *  NULL: masks are not computed) their masks in the same order, or one semantic map, or an empty
 *  list. */
HAL_API int hal_decoder_decode(const struct hal_decoder* decoder,
                               const struct hal_tensor* const* outputs, size_t num_outputs,
                               struct hal_detect_box_list** out_boxes,
                               struct hal_segmentation_list** out_segmentations);
/** Leaves masks as prototypes. NULL with errno untouched and *out_boxes set: success for a model
 *  without prototypes. */
HAL_API struct hal_proto_data* hal_decoder_decode_proto(const struct hal_decoder* decoder,
                                                        const struct hal_tensor* const* outputs,
                                                        size_t num_outputs,
                                                        struct hal_detect_box_list** out_boxes);
/**
 * Decodes, advances the tracker once with timestamp (nanoseconds), and returns tracked boxes.
 * Models with instance masks: this frame's tracked detections with their masks, then the other
 * living tracks without. Other models: all living tracks. *out_tracks is parallel to *out_boxes.
 * out_segmentations and out_tracks may be NULL.
 */
HAL_API int hal_decoder_decode_tracked(const struct hal_decoder* decoder,
                                       struct hal_bytetrack* tracker, uint64_t timestamp,
                                       const struct hal_tensor* const* outputs, size_t num_outputs,
                                       struct hal_detect_box_list** out_boxes,
                                       struct hal_segmentation_list** out_segmentations,
                                       struct hal_track_info_list** out_tracks);

/**
 * Everything one call can do: as hal_decoder_decode() or, with a tracker, _decode_tracked(); where
 * out_proto is not NULL, masks are left as prototypes in *out_proto, which is NULL for models
 * without, and one row of coefficients belongs to each of the first boxes. request, out_
 * segmentations, out_proto and out_tracks may be NULL. EINVAL also: element not in the batch, a
 * source for boxes of unknown unit.
 */
HAL_API int hal_decoder_decode_request(const struct hal_decoder* decoder,
                                       const struct hal_decode_request* request,
                                       const struct hal_tensor* const* outputs, size_t num_outputs,
                                       struct hal_detect_box_list** out_boxes,
                                       struct hal_segmentation_list** out_segmentations,
                                       struct hal_proto_data** out_proto,
                                       struct hal_track_info_list** out_tracks);
/** Elements of the batch that the outputs hold; 0 for NULL. */
HAL_API size_t hal_decoder_batch_size(const struct hal_decoder* decoder);
/** How the decoder was configured and why, a line a fact; for the caller to free(). */
HAL_API char* hal_decoder_explain(const struct hal_decoder* decoder);

/** The kind of model, such as "yolo_det" or "yolo_seg_det2_way"; for the caller to free(). */
HAL_API char* hal_decoder_model_type(const struct hal_decoder* decoder);
/** Whether the model suppresses by itself, so that NMS and its threshold have no effect; false for
 * NULL.
 */
HAL_API bool hal_decoder_is_end_to_end(const struct hal_decoder* decoder);
/** Boxes come out normalised: 1, in pixels: 0, not known or NULL: -1 with errno untouched. */
HAL_API int hal_decoder_normalized_boxes(const struct hal_decoder* decoder);
/** 1 and the model's input size, or 0 where it is not known. EINVAL: any NULL. */
HAL_API int hal_decoder_input_dims(const struct hal_decoder* decoder, size_t* width,
                                   size_t* height);

/* ---------------------------------------------------------------------------------------------- */
/* Results                                                                                        */

/** A list with a copy of count boxes; boxes may be NULL where count is 0. EINVAL, ENOMEM. */
HAL_API struct hal_detect_box_list* hal_detect_box_list_new(const struct hal_detect_box* boxes,
                                                            size_t count);
/** 0 for NULL. */
HAL_API size_t hal_detect_box_list_len(const struct hal_detect_box_list* list);
/** Copies a box. EINVAL: NULL, index past the end. */
HAL_API int hal_detect_box_list_get(const struct hal_detect_box_list* list, size_t index,
                                    struct hal_detect_box* out_box);
HAL_API void hal_detect_box_list_free(struct hal_detect_box_list* list);

/** 0 for NULL. */
HAL_API size_t hal_segmentation_list_len(const struct hal_segmentation_list* list);
/** The area a mask covers, normalised. EINVAL: any NULL, index past the end. */
HAL_API int hal_segmentation_list_get_bbox(const struct hal_segmentation_list* list, size_t index,
                                           float* xmin, float* ymin, float* xmax, float* ymax);
/** Row-major bytes, borrowed from the list: covered where >= 128. Semantic maps hold all classes of
 *  a pixel side by side. out_height and out_width may be NULL. EINVAL: NULL, index past the end. */
HAL_API const uint8_t* hal_segmentation_list_get_mask(const struct hal_segmentation_list* list,
                                                      size_t index, size_t* out_height,
                                                      size_t* out_width);
HAL_API void hal_segmentation_list_free(struct hal_segmentation_list* list);
/** A new U8 tensor [height, width]: 1 where an instance mask covers, or the index of the largest
 *  class of a semantic map. EINVAL: NULL, index past the end. ENOMEM, EIO. */
HAL_API struct hal_tensor* hal_segmentation_to_mask(const struct hal_segmentation_list* list,
                                                    size_t index);

HAL_API void hal_proto_data_free(struct hal_proto_data* proto);
/** Moves the prototypes out: [H, W, K] or [K, H, W]. NULL (errno untouched) the second time. The
 *  rest of proto can no longer be drawn then. */
HAL_API struct hal_tensor* hal_proto_data_take_protos(struct hal_proto_data* proto);
/** Moves the coefficients out: [detections, K]. NULL (errno untouched) the second time. */
HAL_API struct hal_tensor* hal_proto_data_take_mask_coefficients(struct hal_proto_data* proto);
/** HAL_PROTO_LAYOUT_NHWC or HAL_PROTO_LAYOUT_NCHW; -1 for NULL. */
HAL_API int32_t hal_proto_data_layout(const struct hal_proto_data* proto);

/** output[i] = (input[i] - zero_point) * scale from integers of up to 32 bits to F32 of the same
 *  length. EINVAL: NULL, other element types or lengths, both over the same memory. EIO: memory
 *  cannot be mapped. */
HAL_API int hal_dequantize(const struct hal_tensor* input, struct hal_quantization quant,
                           struct hal_tensor* output);

/* ---------------------------------------------------------------------------------------------- */
/* Tracker                                                                                        */

/**
 * track_update: share of each measurement that corrects a track, 0...1. high_thresh: score that
 * starts a track. match_thresh: least overlap (IoU) of a match. A lost track lives for
 * track_buffer / frame_rate seconds, with timestamps in nanoseconds; half a second where
 * frame_rate <= 0. ENOMEM.
 */
HAL_API struct hal_bytetrack* hal_bytetrack_new(float track_update, float high_thresh,
                                                float match_thresh, int frame_rate,
                                                int track_buffer);
/** 0.25, 0.7, 0.25 and half a second. */
HAL_API struct hal_bytetrack* hal_bytetrack_new_default(void);
/** The values of hal_bytetrack_new_default(), everything else off. */
HAL_API struct hal_bytetrack_options hal_bytetrack_options_default(void);
/** EINVAL: NULL. ENOMEM. */
HAL_API struct hal_bytetrack* hal_bytetrack_new_with_options(
    const struct hal_bytetrack_options* options);
/** Writes options and tracks, *out_size bytes, to buffer where capacity suffices (ENOSPC where it
 *  does not; *out_size is set then too). The bytes are the same on every machine. EINVAL: NULL
 *  tracker or out_size. */
HAL_API int hal_bytetrack_snapshot(const struct hal_bytetrack* tracker, uint8_t* buffer,
                                   size_t capacity, size_t* out_size);
/** A tracker that continues where the snapshot was taken. EINVAL: NULL. EBADMSG: no snapshot. */
HAL_API struct hal_bytetrack* hal_bytetrack_restore(const uint8_t* snapshot, size_t size);
/** Advances one frame and returns a record for each detection that has a track, in their order:
 *  the track as predicted for this frame. EINVAL: NULL. ENOMEM: the tracker is as before, and the
 *  frame may be given again. */
HAL_API struct hal_track_info_list* hal_bytetrack_update(
    struct hal_bytetrack* tracker, const struct hal_detect_box_list* detections,
    uint64_t timestamp);
/** Every living track after the last update. EINVAL: NULL. */
HAL_API struct hal_track_info_list* hal_bytetrack_get_active_tracks(
    const struct hal_bytetrack* tracker);
HAL_API void hal_bytetrack_free(struct hal_bytetrack* tracker);

/** 0 for NULL. */
HAL_API size_t hal_track_info_list_len(const struct hal_track_info_list* list);
/** Copies a record. EINVAL: NULL, index past the end. */
HAL_API int hal_track_info_list_get(const struct hal_track_info_list* list, size_t index,
                                    struct hal_track_info* out_info);
/** The index of the detection that a record of hal_bytetrack_update() belongs to, or of the box of
 *  a decode: which records are missing shows there. EINVAL: NULL, index past the end. */
HAL_API int hal_track_info_list_get_detection(const struct hal_track_info_list* list, size_t index,
                                              size_t* out_detection);
/** The state of a track of hal_bytetrack_get_active_tracks(); CONFIRMED in other lists. -1 with
 *  EINVAL: NULL, index past the end. */
HAL_API int hal_track_info_list_get_state(const struct hal_track_info_list* list, size_t index);
HAL_API void hal_track_info_list_free(struct hal_track_info_list* list);
/** 36 lower-case characters and NUL. EINVAL: NULL, out_len below 37. */
HAL_API int hal_uuid_to_string(const uint8_t (*uuid)[16], char* out_str, size_t out_len);

/* ---------------------------------------------------------------------------------------------- */
/* Logging and tracing                                                                            */

/* The library is silent until logging starts. The first of these calls to succeed holds for the
 * rest of the process; stream and userdata must stay valid until its end. Race-free.
 * EINVAL: NULL, unknown level. EALREADY: logging was started before. */

/** One line a record, "[LEVEL] target: message", flushed. */
HAL_API int hal_log_init_file(FILE* stream, enum hal_log_level max_level);
/** Calls cb for each record of max_level or more severe, from any thread, possibly from several at
 *  once. What cb itself calls of this library is not logged. */
HAL_API int hal_log_init_callback(hal_log_callback cb, void* userdata,
                                  enum hal_log_level max_level);
/** Chooses records by target from now on, in the place of max_level; may be called again. The
 * syntax is RUST_LOG's, "warn,edgefirst_codec=trace": parts are separated by commas; a level (off,
 * error, warn, info, debug, trace, or 0 to 5) is for all targets, a target alone passes whole, of
 * several rules for a record the one with the longest target decides, "/regex" behind the parts
 * chooses by text. Targets are edgefirst_codec, _decoder, _image, _tensor, _tracker and _hal, with
 * "::module" behind them; those of other libraries choose nothing. EINVAL: NULL, not UTF-8, another
 * part, logging was not started. EBUSY: called by the callback. */
HAL_API int hal_log_set_filter(const char* filter);

/** Records timed spans of the internal steps as Chrome trace-event JSON until hal_stop_tracing().
 *  Sessions may follow one another. EINVAL: NULL, not UTF-8. EALREADY: a session is running. Else
 *  the errno of creating the file. Race-free, like the next two. */
HAL_API int hal_start_tracing(const char* path);
/** The same to a file of at most max_bytes bytes (0: no limit): spans that do not fit are left out,
 *  and the last event, "trace.full", tells how many. EINVAL also: a limit below 1024. */
HAL_API int hal_start_tracing_file(const char* path, size_t max_bytes);
/** The same to a function, with userdata that stays valid until hal_stop_tracing() has returned.
 *  EINVAL: NULL cb, a limit below 1024. EALREADY. */
HAL_API int hal_start_tracing_callback(hal_trace_callback cb, void* userdata, size_t max_bytes);
/** Completes the file; does nothing without a session. Where the file has not taken everything,
 *  errno is that of writing it, and hal_last_error() names the file. */
HAL_API void hal_stop_tracing(void);
/** 1 while a session is running, else 0. */
HAL_API int hal_is_tracing_active(void);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* EDGEFIRST_HAL_H */
