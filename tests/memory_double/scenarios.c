/* SPDX-License-Identifier: Apache-2.0 */
#include "scenarios.h"

const Scenario kScenarios[] = {
    {"jpeg", jpeg_scenario},
    {"jpeg_progressive", jpeg_progressive_scenario},
    {"jpeg_arithmetic", jpeg_arithmetic_scenario},
    {"jpeg_lossless", jpeg_lossless_scenario},
    {"jpeg_deep", jpeg_deep_scenario},
    {"jpeg_threads", jpeg_threads_scenario},
    {"jpeg_restarts", jpeg_restarts_scenario},
    {"jpeg_turned", jpeg_turned_scenario},
    {"png_plain", png_plain_scenario},
    {"png_bits", png_bits_scenario},
    {"png_interlaced", png_interlaced_scenario},
    {"yuv", yuv_scenario},
    {"encode", encode_scenario},
    {"convert", convert_scenario},
    {"convert_threads", convert_threads_scenario},
    {"convert_async", convert_async_scenario},
    {"processor", processor_scenario},
    {"decode_json", decode_json_scenario},
    {"decode_yaml", decode_yaml_scenario},
    {"model_file", model_file_scenario},
    {"draw", draw_scenario},
    {"track", track_scenario},
    {"track_again", track_again_scenario},
    {"tensors", tensors_scenario},
    {"trace", trace_scenario},
    {"refusals", refusals_scenario},
};
const int kScenarioCount = sizeof kScenarios / sizeof kScenarios[0];
