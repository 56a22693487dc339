#pragma once

/// Text on the terminal.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace dlpu::command {

/// Text from a file without control characters: it stays on its line and cannot steer a terminal.
[[nodiscard]] std::string printable(std::string_view text);

/// The same, and where it is longer than a column, its end: the beginnings of tensor names are much alike.
[[nodiscard]] std::string column_text(std::string_view text);

/// Rows under a heading, in columns as wide as they need.
class Table {
 public:
  /// A heading that begins with '>' puts its column to the right, as numbers stand.
  explicit Table(std::vector<std::string> headings);
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  void print() const;

 private:
  void print_row(const std::vector<std::string>& row, const std::vector<std::size_t>& widths) const;

  std::vector<bool> to_the_right_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace dlpu::command
