#pragma once

/// Measured latencies in a CSV file:
///
///     target,device,model,latency_ms
///     ARTPEC-8,Q1656-LE,zoo:mobilenet_v2,5.36
///
/// The first line names the columns, in any order. A column `like` may name a known target whose rules a new one
/// follows; others are not read. A field may stand in double quotes, with a doubled quote for a quote, but ends on its
/// line. Empty lines count but say nothing.

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "dlpu/core/result.hpp"
#include "dlpu/io/in_quotes.hpp"

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

/// A latency in milliseconds, above 0 and below an hour; nothing where the text is none. NaN is not above 0.
[[nodiscard]] inline std::optional<double> latency_in(std::string_view text) {
  double value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool good = code == std::errc() && end == text.data() + text.size() && value > 0 && value < 3.6e6;
  return good ? std::optional(value) : std::nullopt;
}

/// Takes the next line from `text`, without its end.
[[nodiscard]] inline std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

/// Where the columns stand among the fields of a line.
struct MeasuredColumns {
  static constexpr std::array<std::string_view, 5> names{"target", "device", "model", "latency_ms", "like"};
  static constexpr std::size_t required = 4;  ///< so many of `names` must be there

  std::array<std::size_t, names.size()> field{};  ///< of each name; `width` where it is not there
  std::size_t width = 0;                          ///< fields of every line

  /// Finds the columns in the first line; what is wrong with it, or nothing.
  [[nodiscard]] std::string find_in(std::span<const std::string> headings) {
    width = headings.size();
    for (std::size_t i = 0; i < names.size(); ++i) {
      const std::string name = in_quotes(names[i]);
      if (std::ranges::count(headings, names[i]) > 1) return "there are two columns " + name;
      field[i] = static_cast<std::size_t>(std::ranges::find(headings, names[i]) - headings.begin());
      if (field[i] < width || i >= required) continue;
      return "there is no column " + name +
             "; the first line must name the columns target, device, model and latency_ms";
    }
    return {};
  }
};

/// Reads one line; what is wrong with it, or nothing.
[[nodiscard]] inline std::string read_measured_row(const MeasuredColumns& columns, std::span<std::string> fields,
                                                   MeasuredRow& row) {
  if (fields.size() != columns.width) {
    return "it has " + std::to_string(fields.size()) + " fields, but the first line names " +
           std::to_string(columns.width) + " columns";
  }
  const auto [target, device, model, latency_ms, like] = columns.field;
  const std::optional<double> latency = latency_in(fields[latency_ms]);
  if (fields[target].empty() || fields[device].empty() || fields[model].empty()) {
    return "target, device and model must not be empty";
  }
  if (!latency) {
    return "latency_ms is " + in_quotes(fields[latency_ms]) +
           ", but it must be a number of milliseconds above 0 and below 3600000, an hour";
  }
  row.target = std::move(fields[target]);
  row.device = std::move(fields[device]);
  row.model = std::move(fields[model]);
  if (like < columns.width) row.like = std::move(fields[like]);
  row.latency_ms = *latency;
  return {};
}

}  // namespace detail

/// All rows of the file, or what is wrong with the first bad line: then nothing is returned. `path` is for messages,
/// which begin with it and the line's number.
[[nodiscard]] inline Result<std::vector<MeasuredRow>> parse_measured_rows(std::string_view text,
                                                                          const std::string& path) {
  const auto problem = [&](std::size_t line, const std::string& what) {
    return Error{path + ":" + std::to_string(line) + ": " + what};
  };
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);  // spreadsheets mark UTF-8
  std::vector<std::string> fields;
  if (!detail::split_fields(detail::take_line(text), fields)) return problem(1, "a quote is not closed");
  detail::MeasuredColumns columns;
  if (const std::string what = columns.find_in(fields); !what.empty()) return problem(1, what);
  std::vector<MeasuredRow> rows;
  for (std::size_t line = 2; !text.empty(); ++line) {
    const std::string_view content = detail::take_line(text);
    if (content.empty()) continue;
    if (!detail::split_fields(content, fields)) return problem(line, "a quote is not closed");
    MeasuredRow row;
    row.line = line;
    if (const std::string what = detail::read_measured_row(columns, fields, row); !what.empty()) {
      return problem(line, what);
    }
    rows.push_back(std::move(row));
  }
  if (rows.empty()) return problem(1, "there are no rows below the names of the columns");
  return rows;
}

}  // namespace io
}  // namespace dlpu::inline DLPU_ABI
