#include <fmt/format.h>

#include "dlpu/commands.hpp"
#include "dlpu/estimate/latency_validation.hpp"
#include "dlpu/json_file.hpp"
#include "dlpu/latency_rows.hpp"
#include "dlpu/text.hpp"

namespace dlpu::command {
namespace {

using namespace dlpu::estimate;

/// Rows of SoCs that resemble each other.
std::vector<LatencyRow> relatives_among(const std::vector<LatencyRow>& rows) {
  std::vector<LatencyRow> chosen;
  for (const LatencyRow& row : rows) {
    if (estimate::is_relative(row.soc)) chosen.push_back(row);
  }
  return chosen;
}

std::string percent(double fraction) {
  return fmt::format("{:.1f} %", 100 * fraction);
}

/// One line of the table of errors, and its JSON.
Json add_errors(Table& table, const std::string& name, const std::vector<HeldOut>& predictions, bool has_interval) {
  const Errors e = errors_of(predictions);
  if (e.rows == 0) return Json();
  table.add({name, std::to_string(e.rows), percent(e.mape), percent(e.within_10), percent(e.within_20),
             percent(e.worst), has_interval ? percent(e.coverage_90) : "-",
             has_interval ? fmt::format("x{:.2f}", e.median_half_width) : "-",
             has_interval ? fmt::format("x{:.2f}", e.largest_half_width) : "-"});
  Json json{
      {"rows", e.rows}, {"mape", e.mape}, {"within_10", e.within_10}, {"within_20", e.within_20}, {"worst", e.worst}};
  if (!has_interval) return json;
  json["coverage_90"] = e.coverage_90;
  json["median_half_width"] = e.median_half_width;
  json["largest_half_width"] = e.largest_half_width;
  json["predictions"] = Json::array();
  for (const HeldOut& p : predictions) {
    json["predictions"].push_back({{"soc", p.row->soc},
                                   {"device", p.row->device},
                                   {"model", p.row->network},
                                   {"latency_ms", p.row->latency_ms},
                                   {"predicted_ms", p.predicted.ms},
                                   {"low_ms", p.predicted.low_ms},
                                   {"high_ms", p.predicted.high_ms}});
  }
  return json;
}

/// Errors over rows that the prediction had not seen.
void show_errors(const std::vector<LatencyRow>& all, Json& document) {
  const std::vector<LatencyRow> rows = relatives_among(all);
  Table table({"prediction of", ">rows", ">mean error", ">within 10 %", ">within 20 %", ">worst", ">in interval",
               ">half-width", ">widest"});
  document["leave_network_out"] =
      add_errors(table, "a network left out on every device", leave_network_out(rows), true);
  document["leave_family_out"] = add_errors(table, "a family left out", leave_family_out(rows), true);
  const std::vector<HeldOut> on_device = new_device_with_one_row(rows);
  document["new_device_with_one_row"] = add_errors(table, "a new device, one row given", on_device, true);
  document["new_device_network_on_relative"] =
      add_errors(table, "- a network that its SoC has rows of", measured_on_relative(on_device, rows, true), true);
  document["new_device_network_on_none"] =
      add_errors(table, "- a network that its SoC has no row of", measured_on_relative(on_device, rows, false), true);
  for (const std::size_t given : {0u, 1u, 3u}) {
    document[fmt::format("new_soc_with_{}_rows", given)] =
        add_errors(table, fmt::format("a new SoC, {} rows given", given), new_soc(rows, given), true);
  }
  document["baselines"]["macs"] = add_errors(table, "baseline: MACs x constant, a network left out",
                                             leave_network_out(rows, macs_prediction), false);
  document["baselines"]["roofline"] = add_errors(table, "baseline: roofline, a network left out",
                                                 leave_network_out(rows, roofline_prediction), false);
  std::vector<HeldOut> strangers = leave_network_out(all);
  std::erase_if(strangers, [](const HeldOut& p) { return estimate::is_relative(p.row->soc); });
  document["other_socs"] = add_errors(table, "SoCs of other makers, a network left out", strangers, true);
  fmt::print("\nErrors on rows that the prediction had not seen (|predicted / measured - 1|)\n");
  table.print();
}

/// The rows beside what the fit to all of them says.
void show_rows(const LatencyPosterior& posterior, const std::vector<LatencyRow>& rows, const std::string& device,
               Json& document) {
  Table table({"SoC", "device", "network", ">measured ms", ">fitted ms", ">error"});
  document["rows"] = Json::array();
  for (const LatencyRow& row : rows) {
    if (!device.empty() && row.device != device) continue;
    const Latency latency = posterior.predict(posterior.layout.find_soc(row.soc), row.device, row.work);
    const double error = latency.ms / row.latency_ms - 1;
    table.add({row.soc, row.device, row.network, fmt::format("{:.2f}", row.latency_ms),
               fmt::format("{:.2f}", latency.ms), fmt::format("{:+.1f} %", 100 * error)});
    document["rows"].push_back({{"soc", row.soc},
                                {"device", row.device},
                                {"model", row.network},
                                {"latency_ms", row.latency_ms},
                                {"fitted_ms", latency.ms}});
  }
  table.print();
}

/// How fast the devices are, beside others with the same SoC.
void show_devices(const LatencyPosterior& posterior, Json& document) {
  document["devices"] = Json::array();
  for (std::size_t d = 0; d < posterior.layout.devices.size(); ++d) {
    const LatencyLayout::Device& device = posterior.layout.devices[d];
    const auto i = static_cast<Eigen::Index>(posterior.layout.speed(d));
    document["devices"].push_back({{"soc", posterior.layout.socs[device.soc]},
                                   {"device", device.name},
                                   {"calibrated", posterior.calibrated(device.soc)},
                                   {"relative_time", std::exp(posterior.mean[i])}});
  }
}

void check_device(const std::vector<LatencyRow>& rows, const std::string& device) {
  std::string known;
  for (const LatencyRow& row : rows) {
    if (device.empty() || row.device == device) return;
    if (known.find(row.device) == std::string::npos) known += (known.empty() ? "" : ", ") + row.device;
  }
  throw Failure(
      fmt::format("--device: there are no rows of '{}'; the rows are of: {}", printable(device), printable(known)));
}

std::string number_list(std::span<const double> numbers) {
  std::string text, line = "   ";
  for (const double number : numbers) {
    const std::string next = fmt::format(" {:.9g},", number);
    if (line.size() + next.size() > 118) {
      text += line + "\n";
      line = "   ";
    }
    line += next;
  }
  return text + line + "\n";
}

/// include/dlpu/estimate/published_latency_data.hpp
std::string header_of(const LatencyPosterior& posterior) {
  const LatencyLayout& layout = posterior.layout;
  std::string text =
      "// Written by `dlpu fit ROWS.csv --write-header FILE` from published latencies; do not edit.\n"
      "// clang-format off\n#pragma once\n\n#include <cstddef>\n#include <string_view>\n\n"
      "#include \"dlpu/core/config.hpp\"\n\n"
      "namespace dlpu::inline DLPU_ABI {\nnamespace estimate::published {\n\n"
      "struct Soc {\n  std::string_view name;\n  std::size_t rows;\n};\n"
      "struct Device {\n  std::string_view name;\n  std::size_t soc;\n};\n\n"
      "/// The last one, without a name, stands for a SoC without rows.\ninline constexpr Soc socs[] = {\n";
  for (std::size_t s = 0; s < layout.socs.size(); ++s) {
    text += fmt::format("    {{\"{}\", {}}},\n", layout.socs[s], layout.rows_of_soc[s]);
  }
  text += "};\ninline constexpr Device devices[] = {\n";
  for (const LatencyLayout::Device& device : layout.devices) {
    text += fmt::format("    {{\"{}\", {}}},\n", device.name, device.soc);
  }
  std::vector<double> mean(posterior.mean.begin(), posterior.mean.end()), covariance;
  for (Eigen::Index row = 0; row < posterior.mean.size(); ++row) {
    for (Eigen::Index column = 0; column <= row; ++column) covariance.push_back(posterior.covariance(row, column));
  }
  text +=
      "};\n\n/// Logarithms: seven coefficients per SoC, then one speed per device; as LatencyLayout says.\n"
      "inline constexpr double mean[] = {\n" +
      number_list(mean) +
      "};\n/// Their covariance, row by row up to the diagonal.\ninline constexpr double covariance[] = {\n" +
      number_list(covariance) + "};\n\n}  // namespace estimate::published\n}  // namespace dlpu::inline DLPU_ABI\n";
  return text;
}

}  // namespace

void fit(const FitOptions& options) {
  const std::vector<LatencyRow> rows = read_latency_rows(options.rows).rows;
  check_device(rows, options.device);
  const LatencyPosterior posterior = options.onto_published ? latency_posterior(rows) : estimate::fit_latency(rows);
  Json document = new_document("fit");
  show_rows(posterior, rows, options.device, document);
  show_devices(posterior, document);
  show_errors(rows, document);
  fmt::print(
      "\nThe terms of the model trade off against each other: none of its coefficients is a figure of the "
      "hardware.\n");
  if (!options.header.empty()) {
    const std::string header = header_of(posterior);
    require(io::write_file(options.header, std::as_bytes(std::span(header))));
  }
  write_json(options.json, document);
}

}  // namespace dlpu::command
