#include "dlpu/ops/pool2d.hpp"

#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "support/expect_values.hpp"
#include "support/golden.hpp"

namespace dlpu::ops_pool2d_test {
namespace {

constexpr TensorType image(std::int32_t height, std::int32_t width, std::int32_t channels) {
  return {{1, height, width, channels}, ElementType::activation};
}
template <class Op>
constexpr Inferred infer(const Op& op, const TensorType& input) {
  return op.infer(TensorTypes{&input, 1});
}
constexpr Shape output(const op::AveragePool2d& op, const TensorType& input) {
  return infer(op, input).outputs[0].shape;
}

static_assert(output({.kernel = 7}, image(7, 7, 1280)) == Shape{1, 1, 1, 1280});
static_assert(output({.kernel = 3, .stride = 2, .padding = Padding::same}, image(7, 9, 4)) == Shape{1, 4, 5, 4});
static_assert(output({.kernel = {2, 3}}, image(4, 4, 1)) == Shape{1, 3, 2, 1});
static_assert(output({.kernel = 3, .padding = Padding::sides(1, 1, 1, 1)}, image(4, 4, 1)) == Shape{1, 4, 4, 1});
static_assert(infer(op::MaxPool2d{}, image(4, 4, 1)).problem == &op::pool2d::NeedsKernel::rule);
static_assert(infer(op::MaxPool2d{.kernel = 2, .stride = 0}, image(4, 4, 1)).problem ==
              &op::pool2d::NeedsStride::rule);
static_assert(infer(op::MaxPool2d{.kernel = 5}, image(4, 4, 1)).problem == &op::pool2d::KernelFits::rule);
static_assert(infer(op::MaxPool2d{.kernel = 2, .padding = Padding::sides(2, 0, 0, 0)}, image(4, 4, 1)).problem ==
              &op::pool2d::PaddingFits::rule);
static_assert(infer(op::MaxPool2d{.kernel = 2}, TensorType{{4, 4}}).problem == &op::pool2d::NeedsImage::rule);

/// Pools one row of two pixels with one channel.
template <template <class> class Kernel, class Storage>
constexpr Storage pool_pair(Storage a, Storage b, Activation activation = Activation::none,
                            typename Kernel<Storage>::Parameters parameters = {}) {
  const Kernel<Storage> kernel{op::AveragePool2d{.kernel = {1, 2}}.geometry({1, 1, 2, 1}), activation, parameters};
  const std::array<Storage, 2> input{a, b};
  std::array<Storage, 1> result{};
  kernel.run(input, result);
  return result[0];
}
template <class Storage>
constexpr Storage average(int a, int b) {
  return pool_pair<kernels::AveragePool2d>(static_cast<Storage>(a), static_cast<Storage>(b));
}

static_assert(average<std::int8_t>(1, 2) == 2);  // halves go away from zero
static_assert(average<std::int8_t>(-1, -2) == -2);
static_assert(average<std::int8_t>(-128, 127) == -1);
static_assert(average<std::uint8_t>(127, 128) == 128);
static_assert(pool_pair<kernels::AveragePool2d>(1.0f, 2.0f) == 1.5f);
static_assert(pool_pair<kernels::MaxPool2d, std::int8_t>(-7, -9) == -7);
static_assert(pool_pair<kernels::MaxPool2d, std::int8_t>(-7, -9, Activation::relu, {1.0f, -3}) == -3);
static_assert(pool_pair<kernels::MaxPool2d>(9.0f, 2.0f, Activation::relu6) == 6.0f);

template <class Storage>
class Pool2dGolden : public testing::Test {
 protected:
  template <class Kernel, class Op>
  static void compare(const std::string& file) {
    for (const golden::Case& c : golden::cases(file, element_type_of<Storage>)) {
      SCOPED_TRACE(c.name());
      const Op op{.kernel = {c.option(0), c.option(1)},
                  .stride = {c.option(2), c.option(3)},
                  .padding = c.option(4) == 0 ? Padding::same : Padding::valid,
                  .activation = static_cast<Activation>(c.option(5))};
      const TensorType input{c.shape("input_0")};
      const Inferred inferred = op.infer({&input, 1});
      ASSERT_EQ(inferred.problem, nullptr);
      EXPECT_EQ(inferred.outputs[0].shape, c.shape("output_0"));
      typename Kernel::Parameters parameters{};
      if constexpr (Kernel::quantized) parameters = c.quantization("output_0");
      const Kernel kernel{op.geometry(input.shape), op.activation, parameters};
      const auto expected = c.values<Storage>("output_0");
      std::vector<Storage> actual(expected.size());
      kernel.run(c.values<Storage>("input_0"), actual);
      golden::expect_values(expected, actual);
    }
  }
};
using Storages = testing::Types<std::int8_t, std::uint8_t, std::int16_t, float>;
TYPED_TEST_SUITE(Pool2dGolden, Storages);

TYPED_TEST(Pool2dGolden, AveragePool2dEqualsLiteRT) {
  this->template compare<kernels::AveragePool2d<TypeParam>, op::AveragePool2d>("average_pool2d");
}
TYPED_TEST(Pool2dGolden, MaxPool2dEqualsLiteRT) {
  this->template compare<kernels::MaxPool2d<TypeParam>, op::MaxPool2d>("max_pool2d");
}

template <class Storage>
void expect_oracle(const op::AveragePool2d& op, const Shape& shape,
                   const std::function<Storage(std::size_t)>& number) {
  const WindowGeometry g = op.geometry(shape);
  std::vector<Storage> input(g.input_elements()), expected(g.output_elements()), actual(g.output_elements());
  for (std::size_t i = 0; i < input.size(); ++i) input[i] = number(i);
  const kernels::AveragePool2d<Storage> average{g};
  const kernels::MaxPool2d<Storage> most{g};
  if constexpr (average.quantized) {
    reference::average_pool2d(g, input.data(), activation_range<Storage>(Activation::none, {}), expected.data());
  } else {
    reference::average_pool2d(g, input.data(), activation_range(Activation::none), expected.data());
  }
  average.run(input, actual);
  EXPECT_EQ(actual, expected);
  reference::max_pool2d(g, input.data(), activation_range(Activation::none), expected.data());
  most.run(input, actual);
  EXPECT_EQ(actual, expected);
}

TYPED_TEST(Pool2dGolden, BlocksOfChannelsEqualTheOracle) {
  const op::AveragePool2d windows{.kernel = {3, 2}, .stride = {1, 2}, .padding = Padding::same},
      global{.kernel = {29, 13}};
  const auto pattern = [](std::size_t i) { return static_cast<TypeParam>(i * 37 % 251); };
  for (const std::int32_t channels : {1, 31, 32, 33, 63, 64, 71, 130}) {
    SCOPED_TRACE(channels);
    expect_oracle<TypeParam>(windows, {2, 5, 4, channels}, pattern);
    expect_oracle<TypeParam>(global, {2, 29, 13, channels}, pattern);
  }
}

/// More places than 16 bits hold the sums of.
TYPED_TEST(Pool2dGolden, AveragesOfExtremesAreExtremes) {
  using Limits = std::numeric_limits<TypeParam>;
  if constexpr (Limits::is_integer) {
    for (const TypeParam extreme : {Limits::min(), Limits::max()})
      expect_oracle<TypeParam>({.kernel = {29, 13}}, {1, 29, 13, 64}, [&](std::size_t) { return extreme; });
  }
}

/// Sums whose quotient lies next to a half, on both sides, where a division that rounds might go wrong.
TYPED_TEST(Pool2dGolden, QuotientsNextToHalvesEqualTheOracle) {
  using Limits = std::numeric_limits<TypeParam>;
  if constexpr (Limits::is_integer) {
    for (const Size2D size : {Size2D{2, 1}, Size2D{7, 7}, Size2D{29, 13}, Size2D{180, 181}}) {
      const std::int32_t channels = 64, places = size.height * size.width;
      const auto number = [&](std::size_t i) {
        const auto channel = static_cast<std::int32_t>(i % 64), place = static_cast<std::int32_t>(i / 64) % places;
        const std::int32_t mean = Limits::min() + 1 + (Limits::max() - Limits::min() - 2) * channel / (channels - 1);
        const std::int32_t more = places / 2 + channel % 3 - 1;
        return static_cast<TypeParam>(mean + (place < more ? channel / 3 % 2 * 2 - 1 : 0));
      };
      expect_oracle<TypeParam>({.kernel = size}, {1, size.height, size.width, channels}, number);
    }
  }
}

TEST(Pool2d, PaddingTakesNoPartInAverages) {
  const op::AveragePool2d op{.kernel = 3, .padding = Padding::sides(1, 1, 1, 1)};
  const std::vector<std::int8_t> input(4, 10);
  std::vector<std::int8_t> output(4);
  kernels::AveragePool2d<std::int8_t>{op.geometry({1, 2, 2, 1})}.run(input, output);
  EXPECT_EQ(output, (std::vector<std::int8_t>{10, 10, 10, 10}));
}

}  // namespace
}  // namespace dlpu::ops_pool2d_test
