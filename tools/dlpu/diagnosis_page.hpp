#pragma once

/// What quantization did, layer by layer, as a page for people.

#include <cstddef>
#include <string>
#include <vector>

namespace dlpu::command {

struct LayerRow {
  std::string name, op;
  double plain_decibel = 0.0, decibel = 0.0;          ///< before and after the rescue steps
  double plain_range_ratio = 1.0, range_ratio = 1.0;  ///< of the filter's channels
  double saturated = 0.0, share = 0.0;
  std::size_t zero_channels = 0;
};

struct StepRow {
  std::string name;
  double decibel = 0.0;
  bool kept = false;
};

/// One self-contained HTML document with inline SVG.
[[nodiscard]] std::string diagnosis_page(const std::string& title, const std::vector<StepRow>& steps,
                                         const std::vector<LayerRow>& layers);

}  // namespace dlpu::command
