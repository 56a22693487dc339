#include "dlpu/diagnosis_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace dlpu::command {
namespace {

std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == '<')
      result += "&lt;";
    else if (c == '>')
      result += "&gt;";
    else if (c == '&')
      result += "&amp;";
    else if (c == '"')
      result += "&quot;";
    else if (static_cast<unsigned char>(c) >= ' ')
      result += c;
  }
  return result;
}

constexpr int row_height = 16, label_width = 380, bar_width = 420;

std::string bar(int y, int height, double part, const char* colour, const std::string& title) {
  const double width = std::clamp(part, 0.0, 1.0) * bar_width;
  return fmt::format(R"(<rect x="{}" y="{}" width="{:.1f}" height="{}" fill="{}"><title>{}</title></rect>)",
                     label_width, y, width, height, colour, escaped(title));
}

/// Rows of a name, one or two bars and a text.
template <class First, class Second, class Text>
std::string chart(const std::string& heading, const std::vector<LayerRow>& layers, First first, Second second,
                  Text text) {
  std::string svg = fmt::format(
      R"(<h2>{}</h2><svg xmlns="http://www.w3.org/2000/svg" width="{}" height="{}" font-size="11" font-family="sans-serif">)",
      escaped(heading), label_width + bar_width + 160, static_cast<int>(layers.size()) * row_height + 4);
  int y = 0;
  for (const LayerRow& layer : layers) {
    const std::string name = layer.name.size() > 60 ? "..." + layer.name.substr(layer.name.size() - 57) : layer.name;
    svg += fmt::format(R"(<text x="{}" y="{}" text-anchor="end">{}</text>)", label_width - 6, y + 12, escaped(name));
    svg += bar(y + 2, 6, first(layer), "#bbb", layer.name + ": before") +
           bar(y + 8, 6, second(layer), "#2a6fb0", layer.name + ": after");
    svg += fmt::format(R"(<text x="{}" y="{}">{}</text>)", label_width + bar_width + 6, y + 12, escaped(text(layer)));
    y += row_height;
  }
  return svg + "</svg>";
}

}  // namespace

std::string diagnosis_page(const std::string& title, const std::vector<StepRow>& steps,
                           const std::vector<LayerRow>& layers) {
  std::string page = fmt::format(
      R"(<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{0}</title><style>body{{font-family:sans-serif;)"
      R"(max-width:70em;margin:1em auto}}td,th{{padding:.1em .8em;text-align:left}}</style></head><body><h1>{0}</h1>)",
      escaped(title));
  page += "<h2>Steps</h2><table><tr><th>step</th><th>signal to noise of the output</th><th></th></tr>";
  for (const StepRow& step : steps) {
    page += fmt::format("<tr><td>{}</td><td>{:.2f} dB</td><td>{}</td></tr>", escaped(step.name), step.decibel,
                        step.kept ? "kept" : "not kept");
  }
  page += "</table><p>Grey: quantized without any step. Blue: with the steps that were kept.</p>";
  double most_share = 0.0;
  for (const LayerRow& layer : layers) most_share = std::max(most_share, layer.share);
  page += chart(
      "Signal to noise of each layer's output (0 to 50 dB)", layers,
      [](const LayerRow& l) { return l.plain_decibel / 50.0; }, [](const LayerRow& l) { return l.decibel / 50.0; },
      [](const LayerRow& l) { return fmt::format("{:.1f} / {:.1f} dB", l.plain_decibel, l.decibel); });
  page += chart(
      "Largest over smallest range of a filter's channels (logarithmic, 1 to 10000)", layers,
      [](const LayerRow& l) { return std::log10(l.plain_range_ratio) / 4.0; },
      [](const LayerRow& l) { return std::log10(l.range_ratio) / 4.0; },
      [](const LayerRow& l) { return fmt::format("{:.1f} / {:.1f}", l.plain_range_ratio, l.range_ratio); });
  page += chart(
      "Share of the output's error that comes from each layer's weights", layers, [](const LayerRow&) { return 0.0; },
      [&](const LayerRow& l) { return most_share > 0.0 ? l.share / most_share : 0.0; },
      [](const LayerRow& l) {
        return fmt::format("{:.1f} %, {:.2f} % saturated", 100.0 * l.share, 100.0 * l.saturated);
      });
  return page + "</body></html>\n";
}

}  // namespace dlpu::command
