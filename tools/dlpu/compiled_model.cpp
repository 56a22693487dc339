#include "dlpu/compiled_model.hpp"

#include <string_view>

namespace dlpu::command {
namespace {

bool holds(std::span<const std::byte> content, std::string_view text) {
  const std::string_view bytes(reinterpret_cast<const char*>(content.data()), content.size());
  return bytes.find(text) != std::string_view::npos;
}

}  // namespace

std::string compiled_kind(const std::string& path, std::span<const std::byte> content) {
  const bool is_tflite = content.size() >= 8 && holds(content.subspan(4, 4), "TFL3");
  if (is_tflite && holds(content, "edgetpu-custom-op")) {
    return "it is already compiled for ARTPEC-7 (edgetpu_compiler: its operators are one custom operator, "
           "edgetpu-custom-op); give the .tflite file that it was compiled from";
  }
  if (is_tflite) return {};
  const bool is_nbg = content.size() >= 4 && holds(content.first(4), "VPMN");
  if (is_nbg || path.ends_with(".nb") || path.ends_with(".nbg")) {
    return "it is already compiled for ARTPEC-8 (a network binary); give the .tflite file that it was compiled from";
  }
  if (path.ends_with(".bin") || holds(content, "prim_split")) {
    return "it looks like a network compiled for CV25 (a cavalry .bin); give the .tflite file of the same network";
  }
  return {};
}

}  // namespace dlpu::command
