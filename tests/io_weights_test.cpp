/// Weights of a graph from .safetensors files that are wrong, or that need memory which a view has not.

#include "dlpu/io/weights.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "dlpu/graph/builder.hpp"

namespace dlpu::io_weights_test {
namespace {

using io::SafeTensor;
using io::SafeTensors;

template <class T>
SafeTensor tensor(std::string name, const Shape& shape, const std::vector<T>& values) {
  return {{element_type_of<T>, shape, std::as_bytes(std::span(values))}, std::move(name)};
}

/// A file on the boundary that typed access needs.
class File {
 public:
  explicit File(std::span<const SafeTensor> tensors) {
    const std::vector<std::byte> written = io::write_safetensors(tensors);
    bytes_ = AlignedBuffer(written.size());
    std::ranges::copy(written, bytes_.data());
  }
  [[nodiscard]] std::span<const std::byte> bytes() const { return bytes_.bytes(); }
  [[nodiscard]] SafeTensors tensors() const { return *SafeTensors::parse(bytes(), "net.safetensors"); }

 private:
  AlignedBuffer bytes_;
};

struct Normalized {
  static constexpr auto build(auto& g) {
    return g.batch_norm(g.fully_connected(g.input({1, 2}), {.units = 1}, "dense"), 0.0f);
  }
};

/// Why weights with these numbers are refused.
std::string error_of(float weight, float gamma, float variance) {
  const std::vector<float> weights{weight, 1.0f}, gammas{gamma}, zero{0.0f}, variances{variance};
  const File file(std::array{tensor("dense.weight", {1, 2}, weights), tensor("dense.batch_norm.gamma", {1}, gammas),
                             tensor("dense.batch_norm.beta", {1}, zero), tensor("dense.batch_norm.mean", {1}, zero),
                             tensor("dense.batch_norm.variance", {1}, variances)});
  const Graph graph = build_graph<Normalized>();
  const auto parameters = io::load_float_weights(graph.view(), file.tensors());
  return parameters ? "no error" : parameters.error();
}

TEST(Weights, FoldedBatchNormalizationsAreFinite) {
  EXPECT_EQ(error_of(1.0f, 1.0f, 1.0f), "no error");
  const std::string message =
      "net.safetensors: dense: weights with their batch normalization folded in are beyond float32; a variance is "
      "too "
      "small or a gamma too large";
  EXPECT_EQ(error_of(1e30f, 1.0f, 1e-30f), message);
  EXPECT_EQ(error_of(1.0f, 3e38f, 0.01f), message);
  EXPECT_EQ(error_of(1.0f, 1.0f, 0.0f),
            "net.safetensors: tensor 'dense.batch_norm.variance' is not positive at channel 0; a variance cannot be");
}

float ramp(const Formula&, const Shape&, std::int64_t index) {
  return static_cast<float>(index);
}
struct Ramp {
  static constexpr auto build(auto& g) {
    const auto x = g.input({1, 3});
    return g.add(x, g.constant({3}, {&ramp}, "ramp"));
  }
};

TEST(Weights, AViewHasNoMemoryForFormulas) {
  const File file(std::span<const SafeTensor>{});
  EXPECT_EQ((NetworkWeights<Ramp, Unquantized>::from_safetensors(file.bytes(), "net.safetensors").error()),
            "net.safetensors: tensor 'ramp' is missing, and computing it by its formula needs memory of its own; use "
            "load_float_weights and from_parameters");
  EXPECT_TRUE(io::load_float_weights(build_graph<Ramp>().view(), file.tensors()));
}

struct Dense {
  static constexpr auto build(auto& g) { return g.fully_connected(g.input({1, 2}), {.units = 1}, "dense"); }
};

TEST(Weights, ScalesArePositive) {
  for (const float scale : {0.0f, -0.5f}) {
    const std::vector<std::int8_t> weights{1, 2};
    const std::vector<std::int32_t> zero{0};
    const std::vector<float> scales{scale};
    const File file(std::array{tensor("dense.weight", {1, 2}, weights), tensor("dense.bias", {1}, zero),
                               tensor("dense.weight.scale", {1}, scales),
                               tensor("dense.weight.zero_point", {1}, zero)});
    EXPECT_EQ(
        (NetworkWeights<Dense, PerTensor>::from_safetensors(file.bytes(), "net.safetensors").error()),
        "net.safetensors: tensor 'dense.weight.scale' is not positive at element 0; a scale must be, so quantize the "
        "network again");
  }
}

}  // namespace
}  // namespace dlpu::io_weights_test
