#pragma once

/// The report in its forms.

#include <string>
#include <vector>

#include "dlpu/json_file.hpp"
#include "dlpu/report_row.hpp"
#include "dlpu/together.hpp"

namespace dlpu::command {

struct Report {
  std::vector<ReportRow> rows;
  std::vector<Together> together;  ///< one per target, where asked for
  std::vector<std::string> cpu;    ///< one sentence per model on whether the CPU alone would do, where asked for
};

/// The table of all rows, reasons below it.
void print_report(const Report& report);
/// What a chip's compiler would print: sizes, and a table of operators with their counts and status.
void print_operations(const ReportRow& row);
[[nodiscard]] Json report_json(const ReportRow& row);
/// One line per operator and row, in the order of Vela's per-layer columns.
[[nodiscard]] std::string report_csv(const Report& report);
/// One page that needs nothing but itself.
[[nodiscard]] std::string report_page(const Report& report);

}  // namespace dlpu::command
