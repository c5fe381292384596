/* SPDX-License-Identifier: Apache-2.0 */
/* Tracks: identity over frames, life time, records, lists, UUID text. */
#include "check.h"
#include "sample.h"

static const uint64_t kFrame = 33333333; /* nanoseconds */

static hal_detect_box_list* one_box(float left, float score) {
  const struct hal_detect_box box = {left, 0.2F, left + 0.2F, 0.6F, score, 3};
  return hal_detect_box_list_new(&box, 1);
}

static size_t active(const hal_bytetrack* tracker) {
  hal_track_info_list* list = hal_bytetrack_get_active_tracks(tracker);
  const size_t count = hal_track_info_list_len(list);
  hal_track_info_list_free(list);
  return count;
}

static void a_track_keeps_its_identity(void) {
  hal_bytetrack* tracker = hal_bytetrack_new_default();
  NEED(tracker != NULL);
  struct hal_track_info first = {{0}, {0}, 0, 0, 0}, later = first;
  for (uint64_t frame = 0; frame < 5; ++frame) {
    hal_detect_box_list* boxes = one_box(0.3F + 0.01F * (float)frame, 0.9F);
    hal_track_info_list* tracks = hal_bytetrack_update(tracker, boxes, (frame + 1) * kFrame);
    NEED(hal_track_info_list_len(tracks) == 1);
    QUIET(hal_track_info_list_get(tracks, 0, frame == 0 ? &first : &later) == 0);
    FAILS(EINVAL, hal_track_info_list_get(tracks, 1, &later) == -1);
    hal_track_info_list_free(tracks);
    hal_detect_box_list_free(boxes);
  }
  CHECK(first.count == 1 && first.created == kFrame && first.last_updated == kFrame);
  CHECK(later.count == 4 && later.created == kFrame && later.last_updated == 5 * kFrame);
  CHECK(memcmp(first.uuid, later.uuid, 16) == 0);
  CHECK(first.uuid[6] >> 4 == 4 && first.uuid[8] >> 6 == 2); /* RFC 9562 5.4 */
  hal_bytetrack_free(tracker);
}

static void a_weak_detection_starts_no_track(void) {
  hal_bytetrack* tracker = hal_bytetrack_new(0.25F, 0.7F, 0.25F, 30, 15);
  hal_detect_box_list* boxes = one_box(0.3F, 0.6F);
  hal_track_info_list* tracks = hal_bytetrack_update(tracker, boxes, kFrame);
  CHECK(tracks != NULL && hal_track_info_list_len(tracks) == 0);
  CHECK(active(tracker) == 0);
  hal_track_info_list_free(tracks);
  hal_detect_box_list_free(boxes);
  hal_bytetrack_free(tracker);
}

static void a_lost_track_lives_for_its_buffer(void) {
  static const struct {
    int frame_rate, track_buffer;
    uint64_t life;
  } kCases[] = {{30, 15, 500000000},
                {30, 30, 1000000000},
                {0, 15, 500000000},
                {-5, 15, 500000000},
                {30, -1, 0}};
  for (size_t i = 0; i < sizeof kCases / sizeof kCases[0]; ++i) {
    hal_bytetrack* tracker =
        hal_bytetrack_new(0.25F, 0.7F, 0.25F, kCases[i].frame_rate, kCases[i].track_buffer);
    hal_detect_box_list *seen = one_box(0.3F, 0.9F), *nothing = hal_detect_box_list_new(NULL, 0);
    const uint64_t start = 1000;
    hal_track_info_list_free(hal_bytetrack_update(tracker, seen, start));
    hal_track_info_list_free(hal_bytetrack_update(tracker, nothing, start + kCases[i].life));
    CHECK(active(tracker) == 1);
    hal_track_info_list_free(hal_bytetrack_update(tracker, nothing, start + kCases[i].life + 1));
    CHECK(active(tracker) == 0);
    hal_detect_box_list_free(seen);
    hal_detect_box_list_free(nothing);
    hal_bytetrack_free(tracker);
  }
}

static void decoding_and_tracking_in_one_call(void) {
  hal_decoder* decoder = make_masks_decoder();
  hal_bytetrack* tracker = hal_bytetrack_new_default();
  hal_tensor *detections = make_detections(MASKS_ROWS), *protos = make_protos();
  const hal_tensor* outputs[2] = {detections, protos};
  for (int32_t frame = 1; frame <= 3; ++frame) {
    hal_detect_box_list* boxes = NULL;
    hal_segmentation_list* masks = NULL;
    hal_track_info_list* tracks = NULL;
    QUIET(hal_decoder_decode_tracked(decoder, tracker, (uint64_t)frame * kFrame, outputs, 2, &boxes,
                                     &masks, &tracks) == 0);
    NEED(hal_detect_box_list_len(boxes) == 2);
    CHECK(hal_track_info_list_len(tracks) == 2 && hal_segmentation_list_len(masks) == 2);
    struct hal_track_info track;
    struct hal_detect_box box;
    CHECK(hal_track_info_list_get(tracks, 0, &track) == 0);
    CHECK(hal_detect_box_list_get(boxes, 0, &box) == 0);
    CHECK(near(box.xmin, track.location[0], 1e-5F) && near(box.ymax, track.location[3], 1e-5F));
    hal_detect_box_list_free(boxes);
    hal_segmentation_list_free(masks);
    hal_track_info_list_free(tracks);
  }
  CHECK(active(tracker) == 2);
  hal_track_info_list* alive = hal_bytetrack_get_active_tracks(tracker);
  struct hal_track_info track;
  CHECK(hal_track_info_list_get(alive, 0, &track) == 0 && track.count == 3);
  hal_track_info_list_free(alive);
  hal_detect_box_list* boxes = NULL;
  CHECK(hal_decoder_decode_tracked(decoder, tracker, 4 * kFrame, outputs, 2, &boxes, NULL, NULL) ==
        0);
  hal_detect_box_list_free(boxes);
  hal_tensor_free(detections);
  hal_tensor_free(protos);
  hal_bytetrack_free(tracker);
  hal_decoder_free(decoder);
}

static void a_uuid_has_36_characters(void) {
  const uint8_t uuid[16] = {0x12, 0x34, 0x56, 0x78, 0x9A, 0xBC, 0x4D, 0xEF,
                            0x80, 0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD};
  char text[38] = "x";
  FAILS(EINVAL, hal_uuid_to_string(&uuid, text, 36) == -1);
  CHECK(strcmp(text, "x") == 0);
  text[37] = '!';
  QUIET(hal_uuid_to_string(&uuid, text, 37) == 0);
  CHECK(strcmp(text, "12345678-9abc-4def-8001-23456789abcd") == 0 && text[37] == '!');
}

static void records_name_their_detection(void) {
  hal_bytetrack* tracker = hal_bytetrack_new_default();
  const struct hal_detect_box boxes[3] = {{0.1F, 0.2F, 0.2F, 0.4F, 0.3F, 0},
                                          {0.4F, 0.2F, 0.5F, 0.4F, 0.9F, 0},
                                          {0.7F, 0.2F, 0.8F, 0.4F, 0.8F, 0}};
  hal_detect_box_list* list = hal_detect_box_list_new(boxes, 3);
  hal_track_info_list* tracks = hal_bytetrack_update(tracker, list, kFrame);
  NEED(hal_track_info_list_len(tracks) == 2);
  size_t detection = 9;
  QUIET(hal_track_info_list_get_detection(tracks, 0, &detection) == 0 && detection == 1);
  QUIET(hal_track_info_list_get_detection(tracks, 1, &detection) == 0 && detection == 2);
  FAILS(EINVAL, hal_track_info_list_get_detection(tracks, 2, &detection) == -1);
  FAILS(EINVAL, hal_track_info_list_get_detection(NULL, 0, &detection) == -1);
  FAILS(EINVAL, hal_track_info_list_get_detection(tracks, 0, NULL) == -1);
  QUIET(hal_track_info_list_get_state(tracks, 0) == HAL_TRACK_STATE_CONFIRMED);
  hal_track_info_list_free(tracks);
  hal_detect_box_list_free(list);
  hal_bytetrack_free(tracker);
}

static void options_reach_the_tracker(void) {
  struct hal_bytetrack_options options = hal_bytetrack_options_default();
  CHECK(options.track_update == 0.25F && options.high_thresh == 0.7F && options.confirm_after == 1);
  options.confirm_after = 2;
  hal_bytetrack* tracker = hal_bytetrack_new_with_options(&options);
  NEED(tracker != NULL);
  for (int frame = 0; frame < 3; ++frame) {
    hal_detect_box_list* boxes = one_box(0.3F, frame < 2 ? 0.9F : -1.0F);
    hal_track_info_list* tracks = hal_bytetrack_update(tracker, boxes, kFrame * (uint64_t)frame);
    CHECK(hal_track_info_list_len(tracks) == (frame == 1 ? 1U : 0U));
    hal_track_info_list* living = hal_bytetrack_get_active_tracks(tracker);
    const int state = hal_track_info_list_get_state(living, 0);
    CHECK(state == (frame == 0   ? HAL_TRACK_STATE_TENTATIVE
                    : frame == 1 ? HAL_TRACK_STATE_CONFIRMED
                                 : HAL_TRACK_STATE_LOST));
    FAILS(EINVAL, hal_track_info_list_get_state(living, 1) == -1);
    hal_track_info_list_free(living);
    hal_track_info_list_free(tracks);
    hal_detect_box_list_free(boxes);
  }
  FAILS(EINVAL, !hal_bytetrack_new_with_options(NULL));
  FAILS(EINVAL, hal_track_info_list_get_state(NULL, 0) == -1);
  hal_bytetrack_free(tracker);
}

static void a_snapshot_is_restored(void) {
  hal_bytetrack* tracker = hal_bytetrack_new_default();
  hal_detect_box_list* boxes = one_box(0.3F, 0.9F);
  hal_track_info_list_free(hal_bytetrack_update(tracker, boxes, kFrame));
  size_t size = 0;
  FAILS(ENOSPC, hal_bytetrack_snapshot(tracker, NULL, 0, &size) == -1);
  uint8_t* bytes = malloc(size);
  NEED(bytes != NULL);
  QUIET(hal_bytetrack_snapshot(tracker, bytes, size, &size) == 0);
  hal_bytetrack* restored = hal_bytetrack_restore(bytes, size);
  NEED(restored != NULL && active(restored) == 1);
  FAILS(EBADMSG, !hal_bytetrack_restore(bytes, size - 1));
  FAILS(EINVAL, !hal_bytetrack_restore(NULL, size));
  FAILS(EINVAL, hal_bytetrack_snapshot(NULL, bytes, size, &size) == -1);
  FAILS(EINVAL, hal_bytetrack_snapshot(tracker, bytes, size, NULL) == -1);
  free(bytes);
  hal_detect_box_list_free(boxes);
  hal_bytetrack_free(restored);
  hal_bytetrack_free(tracker);
}

int main(void) {
  records_name_their_detection();
  options_reach_the_tracker();
  a_snapshot_is_restored();
  a_track_keeps_its_identity();
  a_weak_detection_starts_no_track();
  a_lost_track_lives_for_its_buffer();
  decoding_and_tracking_in_one_call();
  a_uuid_has_36_characters();
  return finish();
}
