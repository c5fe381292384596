/* SPDX-License-Identifier: Apache-2.0 */
/* A program that writes its own numbers with a comma, as every GTK and Qt program may: what the
 * library reads and writes has points all the same. LOCALES holds the locales, made by localedef.
 */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

#include "check.h"

static char* read_text(const char* path) {
  FILE* file = fopen(path, "r");
  if (file == NULL) return NULL;
  char* text = calloc(1, 1 << 20);
  const size_t size = fread(text, 1, (1 << 20) - 1, file);
  text[size] = '\0';
  fclose(file);
  return text;
}

/* Every number behind a key is digits with at most one point. */
static bool has_points(const char* text, const char* key) {
  const char* at = strstr(text, key);
  int count = 0;
  for (; at != NULL; at = strstr(at, key), ++count) {
    at += strlen(key);
    const size_t digits = strspn(at, "0123456789");
    const size_t fraction = at[digits] == '.' ? strspn(at + digits + 1, "0123456789") : 0;
    const char end = at[digits + (fraction == 0 ? 0 : fraction + 1)];
    if (digits == 0 || fraction == 0 || (end != ',' && end != '}')) return false;
  }
  return count > 0;
}

static void a_trace_has_points(void) {
  QUIET(hal_start_tracing("locale.json") == 0);
  hal_tensor* image =
      hal_tensor_new_image(64, 48, HAL_PIXEL_FORMAT_RGB, HAL_DTYPE_U8, HAL_TENSOR_MEMORY_MEM);
  NEED(image != NULL);
  hal_tensor_free(image);
  hal_stop_tracing();
  char* text = read_text("locale.json");
  NEED(text != NULL);
  CHECK(has_points(text, "\"ts\":"));
  free(text);
  remove("locale.json");
}

int main(void) {
  setenv("LOCPATH", LOCALES, 1);
  int tried = 0;
  const char* names[] = {"de_DE.UTF-8", "ps_AF.UTF-8"};
  for (size_t i = 0; i < sizeof names / sizeof *names; ++i) {
    if (setlocale(LC_ALL, names[i]) == NULL) continue;
    char half[16];
    snprintf(half, sizeof half, "%.1f", 0.5);
    CHECK(strcmp(half, "0.5") != 0); /* the locale is in force */
    a_trace_has_points();
    ++tried;
  }
  if (tried == 0) {
    printf("skipped: no locale with another decimal point; install the package locales\n");
    return 77;
  }
  return finish();
}
