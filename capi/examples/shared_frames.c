/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames between two processes without a copy: the camera process writes into shared memory, the
 * other one gets the descriptor once through a socket and reads every frame in place.
 *
 *   cc -D_GNU_SOURCE shared_frames.c -ledgefirst_hal -o shared_frames && ./shared_frames
 */
#include <edgefirst/hal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { kWidth = 640, kHeight = 480, kFrames = 5 };

static bool send_descriptor(int connection, int fd) {
  char text = 'f', control[CMSG_SPACE(sizeof fd)] = {0};
  struct iovec part = {&text, 1};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  struct cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof fd);
  memcpy(CMSG_DATA(header), &fd, sizeof fd);
  return sendmsg(connection, &message, 0) == 1;
}

static int receive_descriptor(int connection) {
  char text, control[CMSG_SPACE(sizeof(int))] = {0};
  struct iovec part = {&text, 1};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  int fd = -1;
  if (recvmsg(connection, &message, MSG_CMSG_CLOEXEC) != 1) return -1;
  const struct cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header != NULL) memcpy(&fd, CMSG_DATA(header), sizeof fd);
  return fd;
}

/* Announces each frame by its number and waits until it was used. */
static int camera(int connection) {
  hal_tensor* frame = hal_tensor_new_image(kWidth, kHeight, HAL_PIXEL_FORMAT_RGB, HAL_DTYPE_U8,
                                           HAL_TENSOR_MEMORY_SHM);
  const int fd = hal_tensor_clone_fd(frame);
  bool fine = frame != NULL && send_descriptor(connection, fd);
  close(fd);
  for (uint8_t number = 1; fine && number <= kFrames; ++number) {
    hal_tensor_map* pixels = hal_tensor_map_create_with(frame, HAL_CPU_ACCESS_WRITE);
    memset(hal_tensor_map_data(pixels), number, hal_tensor_map_size(pixels));
    hal_tensor_map_unmap(pixels);
    uint8_t used;
    fine = write(connection, &number, 1) == 1 && read(connection, &used, 1) == 1;
  }
  hal_tensor_free(frame);
  return fine ? 0 : 1;
}

static int consumer(int connection) {
  const size_t shape[3] = {kHeight, kWidth, 3};
  const int fd = receive_descriptor(connection);
  hal_tensor* frame = hal_tensor_from_fd(HAL_DTYPE_U8, fd, shape, 3, NULL);
  if (fd >= 0) close(fd);
  if (frame == NULL) return fprintf(stderr, "%s\n", hal_last_error()), 1;
  hal_tensor_set_format(frame, HAL_PIXEL_FORMAT_RGB);
  hal_image_processor* processor = hal_image_processor_new();
  hal_tensor* thumbnail =
      hal_image_processor_create_image(processor, 64, 48, HAL_PIXEL_FORMAT_RGB, HAL_DTYPE_U8);
  int arrived = 0;
  uint8_t number;
  while (arrived < kFrames && read(connection, &number, 1) == 1) {
    if (hal_image_processor_convert(processor, frame, thumbnail, HAL_ROTATION_NONE, HAL_FLIP_NONE,
                                    NULL) != 0) {
      fprintf(stderr, "%s\n", hal_last_error());
      break;
    }
    hal_tensor_map* pixels = hal_tensor_map_create_with(thumbnail, HAL_CPU_ACCESS_READ);
    const uint8_t value = *(const uint8_t*)hal_tensor_map_data_const(pixels);
    hal_tensor_map_unmap(pixels);
    if (value != number || write(connection, "+", 1) != 1) break;
    printf("frame %d arrived\n", number);
    ++arrived;
  }
  hal_tensor_free(thumbnail);
  hal_image_processor_free(processor);
  hal_tensor_free(frame);
  return arrived == kFrames ? 0 : 1;
}

int main(void) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return 1;
  const pid_t child = fork();
  if (child < 0) return 1;
  close(ends[child == 0 ? 0 : 1]); /* a camera that dies ends the connection */
  if (child == 0) return camera(ends[1]);
  const int result = consumer(ends[0]);
  close(ends[0]);
  int status = 1;
  waitpid(child, &status, 0);
  return result != 0 || status != 0;
}
