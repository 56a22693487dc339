#pragma once

/// The documents of `--json FILE`.

#include <span>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "dlpu/core/shape.hpp"
#include "dlpu/failure.hpp"
#include "dlpu/io/file.hpp"

namespace dlpu::command {

using Json = nlohmann::ordered_json;

/// Changes where a key changes its meaning or goes away. In every document "target" is the key of a chip, as on the command
/// line, "device" the name of a camera or null, and what is not known is null.
inline constexpr int schema_version = 1;

[[nodiscard]] inline Json new_document(std::string_view command) {
  return {{"schema_version", schema_version}, {"command", command}};
}

[[nodiscard]] inline Json shape_json(const Shape& shape) {
  Json dims = Json::array();
  for (int i = 0; i < shape.rank; ++i) dims.push_back(shape[i]);
  return dims;
}

/// Writes nothing where `path` is empty. Names from files need not be UTF-8; JSON must.
inline void write_json(const std::string& path, const Json& document) {
  if (path.empty()) return;
  const std::string text = document.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
  require(io::write_file(path, std::as_bytes(std::span(text))));
}

}  // namespace dlpu::command
