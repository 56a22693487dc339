#pragma once

/// Measured latencies in a CSV file:
///
///     target,device,model,latency_ms
///     ARTPEC-8,Q1656-LE,zoo:mobilenet_v2,5.36
///
/// The first line names the columns, in any order. A column `like` may name a known target whose rules a new one follows;
/// others are not read. A field may stand in double
/// quotes, with a doubled quote for a quote. Empty lines count but say nothing.

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "dlpu/core/result.hpp"

namespace dlpu::inline DLPU_ABI {
namespace io {

struct MeasuredRow {
  std::size_t line = 0;  ///< in the file, from 1
  std::string target, device, model;
  std::string like;  ///< empty: `target` is a known one
  double latency_ms = 0;
};

namespace detail {

/// The fields of one line; nothing where a quote is not closed.
inline bool split_fields(std::string_view line, std::vector<std::string>& fields) {
  fields.assign(1, {});
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quoted && c == '"' && i + 1 < line.size() && line[i + 1] == '"') {
      fields.back() += line[++i];
    } else if (c == '"' && (quoted || fields.back().empty())) {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      fields.emplace_back();
    } else {
      fields.back() += c;
    }
  }
  return !quoted;
}

/// A latency above 0 and below an hour; 0 where the text is none.
[[nodiscard]] inline double latency_in(std::string_view text) {
  double value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool good = code == std::errc() && end == text.data() + text.size() && value > 0 && value < 3.6e6;
  return good ? value : 0;
}

/// Takes the next line from `text`, without its end.
[[nodiscard]] inline std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace detail

/// All rows of the file, or what is wrong with the first bad line: then nothing is returned. `path` is for messages.
[[nodiscard]] inline Result<std::vector<MeasuredRow>> parse_measured_rows(std::string_view text,
                                                                          const std::string& path) {
  constexpr std::size_t column_count = 4;
  constexpr std::string_view names[column_count] = {"target", "device", "model", "latency_ms"};
  const auto problem = [&](std::size_t line, const std::string& what) {
    return Error{path + ":" + std::to_string(line) + ": " + what};
  };
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);  // spreadsheets mark UTF-8
  std::vector<std::string> fields;
  if (!detail::split_fields(detail::take_line(text), fields)) return problem(1, "a quote is not closed");
  const std::size_t width = fields.size();
  std::size_t column[column_count];
  for (std::size_t i = 0; i < column_count; ++i) {
    column[i] = width;
    for (std::size_t f = 0; f < width; ++f) {
      if (fields[f] != names[i]) continue;
      if (column[i] != width) return problem(1, "there are two columns '" + std::string(names[i]) + "'");
      column[i] = f;
    }
    if (column[i] == width) {
      return problem(1, "there is no column '" + std::string(names[i]) +
                            "'; the first line must name the columns target, device, model and latency_ms");
    }
  }
  const auto like = static_cast<std::size_t>(std::ranges::find(fields, "like") - fields.begin());
  std::vector<MeasuredRow> rows;
  for (std::size_t line = 2; !text.empty(); ++line) {
    const std::string_view content = detail::take_line(text);
    if (content.empty()) continue;
    if (!detail::split_fields(content, fields)) return problem(line, "a quote is not closed");
    if (fields.size() != width) {
      return problem(line, "it has " + std::to_string(fields.size()) + " fields, but the first line names " +
                               std::to_string(width) + " columns");
    }
    MeasuredRow row{line,
                    fields[column[0]],
                    fields[column[1]],
                    fields[column[2]],
                    like < width ? fields[like] : std::string(),
                    detail::latency_in(fields[column[3]])};
    if (row.target.empty() || row.device.empty() || row.model.empty()) {
      return problem(line, "target, device and model must not be empty");
    }
    if (row.latency_ms == 0) {
      return problem(line,
                     "latency_ms is '" + fields[column[3]] + "', but it must be a number of milliseconds above 0");
    }
    rows.push_back(std::move(row));
  }
  if (rows.empty()) return problem(1, "there are no rows below the names of the columns");
  return rows;
}

}  // namespace io
}  // namespace dlpu::inline DLPU_ABI
