/* SPDX-License-Identifier: Apache-2.0 */
/* What a program does with the library, each as one function that frees what it made. */
#ifndef EDGEFIRST_TESTS_MEMORY_SCENARIOS_H
#define EDGEFIRST_TESTS_MEMORY_SCENARIOS_H

#include <stdint.h>

#include "inputs.h"

/* How a scenario went: it ends with the first call that fails. */
typedef struct Outcome {
  int error;       /* errno of that call; 0: none failed; -1: it left errno alone */
  char text[200];  /* hal_last_error() of it */
  uint64_t answer; /* a hash of everything that came out */
} Outcome;

typedef struct Scenario {
  const char* name;
  void (*run)(const Inputs* inputs, Outcome* outcome);
} Scenario;

/* In scenario_pictures.c and scenario_results.c. */
void jpeg_scenario(const Inputs* inputs, Outcome* outcome);
void jpeg_progressive_scenario(const Inputs* inputs, Outcome* outcome);
void jpeg_arithmetic_scenario(const Inputs* inputs, Outcome* outcome);
void jpeg_lossless_scenario(const Inputs* inputs, Outcome* outcome);
void jpeg_deep_scenario(const Inputs* inputs, Outcome* outcome);
void jpeg_threads_scenario(const Inputs* inputs, Outcome* outcome);
void jpeg_restarts_scenario(const Inputs* inputs, Outcome* outcome);
void jpeg_turned_scenario(const Inputs* inputs, Outcome* outcome);
void png_plain_scenario(const Inputs* inputs, Outcome* outcome);
void png_bits_scenario(const Inputs* inputs, Outcome* outcome);
void png_interlaced_scenario(const Inputs* inputs, Outcome* outcome);
void yuv_scenario(const Inputs* inputs, Outcome* outcome);
void encode_scenario(const Inputs* inputs, Outcome* outcome);
void convert_scenario(const Inputs* inputs, Outcome* outcome);
void convert_threads_scenario(const Inputs* inputs, Outcome* outcome);
void convert_async_scenario(const Inputs* inputs, Outcome* outcome);
void processor_scenario(const Inputs* inputs, Outcome* outcome);
void decode_json_scenario(const Inputs* inputs, Outcome* outcome);
void decode_yaml_scenario(const Inputs* inputs, Outcome* outcome);
void model_file_scenario(const Inputs* inputs, Outcome* outcome);
void draw_scenario(const Inputs* inputs, Outcome* outcome);
void track_scenario(const Inputs* inputs, Outcome* outcome);
void track_again_scenario(const Inputs* inputs, Outcome* outcome);
void tensors_scenario(const Inputs* inputs, Outcome* outcome);
void trace_scenario(const Inputs* inputs, Outcome* outcome);
void refusals_scenario(const Inputs* inputs, Outcome* outcome);

extern const Scenario kScenarios[];
extern const int kScenarioCount;

#endif
