#include "dlpu/capture.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "dlpu/failure.hpp"
#include "dlpu/io/npy.hpp"
#include "dlpu/json_file.hpp"
#include "dlpu/text.hpp"

namespace dlpu::command {
namespace {

std::filesystem::path index_in(const std::string& folder) {
  const std::filesystem::path path(folder);
  for (const auto& candidate : {path / "index.json", path / "layers" / "index.json"}) {
    if (std::filesystem::is_regular_file(candidate)) return candidate;
  }
  throw Failure(folder + ": the folder has neither index.json nor layers/index.json");
}

/// One entry of the index.
struct Entry {
  std::string file;
  std::int32_t tensor = -1;
};

std::vector<Entry> read_index(const std::string& path) {
  const AlignedBuffer file = value_of(io::read_file(path));
  const auto* text = reinterpret_cast<const char*>(file.data());
  const Json json = Json::parse(text, text + file.size(), nullptr, false);
  const auto fail = [&] {
    return Failure(path + R"(: it is no JSON list of {"file": "000.npy", "tensor": number})");
  };
  if (!json.is_array()) throw fail();
  std::vector<Entry> entries;
  for (const Json& item : json) {
    if (!item.is_object() || !item.contains("file") || !item["file"].is_string()) throw fail();
    if (!item.contains("tensor") || !item["tensor"].is_number_integer()) throw fail();
    entries.push_back({item["file"].get<std::string>(), item["tensor"].get<std::int32_t>()});
    // The index names files beside it and no others.
    if (std::filesystem::path(entries.back().file).filename() != entries.back().file) throw fail();
  }
  return entries;
}

std::vector<std::byte> read_layer(const TensorInfo& tensor, const std::string& path) {
  const AlignedBuffer file = value_of(io::read_file(path));
  const io::NpyArray array = value_of(io::NpyArray::parse(file.bytes(), path));
  if (array.type() != tensor.type.element || array.shape() != tensor.type.shape) {
    throw Failure(fmt::format("{}: the array is {} {}, but the model's tensor is {}", path, to_string(array.type()),
                              to_string(array.shape()), describe(tensor)));
  }
  return {array.data().begin(), array.data().end()};
}

}  // namespace

Capture capture_run(const Model& model, const Variant& variant, const Inputs& inputs) {
  Program program = prepare(model, variant, {.fusion = no_fusion});
  const GraphView graph = model.graph().view();
  Capture capture(graph.tensors.size());
  program.run(inputs.views(), [&](std::size_t node) {
    for (const std::int32_t output : graph.outputs_of(graph.nodes[node])) {
      const std::span<const std::byte> bytes = program.tensor(output);
      capture[static_cast<std::size_t>(output)].emplace(bytes.begin(), bytes.end());
    }
  });
  return capture;
}

Capture read_capture(const Model& model, const std::string& folder) {
  const std::filesystem::path index = index_in(folder);
  const std::vector<std::int32_t>& numbers = model.file.file_tensors;
  Capture capture(numbers.size());
  bool found_any = false;
  for (const Entry& entry : read_index(index.string())) {
    const auto found = std::ranges::find_if(numbers, [&](const std::int32_t& number) {
      const std::int32_t graph_tensor = static_cast<std::int32_t>(&number - numbers.data());
      return number == entry.tensor && model.tensor(graph_tensor).role == TensorRole::activation;
    });
    if (entry.tensor < 0 || found == numbers.end()) continue;
    const auto tensor = static_cast<std::size_t>(found - numbers.begin());
    const std::string file = (index.parent_path() / entry.file).string();
    capture[tensor] = read_layer(model.graph().tensors[tensor], file);
    found_any = true;
  }
  if (!found_any) throw Failure(index.string() + ": no tensor in it belongs to " + model.path);
  return capture;
}

}  // namespace dlpu::command
