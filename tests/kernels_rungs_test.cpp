/// Every rung that this machine has against the oracles, on shapes and values where vector code goes wrong.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "dlpu/core/aligned.hpp"
#include "dlpu/ops/add.hpp"
#include "dlpu/ops/conv2d.hpp"
#include "dlpu/ops/depthwise_conv2d.hpp"
#include "support/convolutions.hpp"

namespace dlpu {
namespace {

/// Calls `check()` with kernels limited to each available rung.
template <class Check>
void for_each_rung(Check check) {
  for (isa::Rung rung = 0; rung <= isa::available_rung(); ++rung) {
    SCOPED_TRACE(std::string("limit ") + std::string(isa::rung_names[rung]));
    const isa::ScopedRungLimit limit(rung);
    check();
  }
}

template <class Operator, class Storage, class Policy>
void check_quantized(const WindowGeometry& g, Random& random) {
  SCOPED_TRACE(describe(g));
  using Kernel = typename Operator::template Kernel<Storage, Policy>;
  const QuantizedCase<Operator, Storage, Policy> example(g, random);
  for_each_rung([&] { EXPECT_EQ(example.template output<Kernel>(), example.expected()); });
}

template <class Operator>
void check_float(const WindowGeometry& g, Random& random) {
  using Kernel = typename Operator::template Kernel<float, Unquantized>;
  SCOPED_TRACE(describe(g));
  const auto input = random.real(g.input_elements());
  const auto filter = random.real(Operator::filter_elements(g));
  const auto bias = random.real(static_cast<std::size_t>(g.output_channels));
  const auto activation = random.among({Activation::none, Activation::relu6});
  const bool with_bias = random.between(0, 3) > 0;
  const auto absolute = [](std::vector<float> values) {
    for (float& value : values) value = std::abs(value);
    return values;
  };
  std::vector<float> expected(g.output_elements()), magnitude(g.output_elements());
  Operator::oracle(g, input.data(), filter.data(), with_bias ? bias.data() : nullptr, activation_range(activation),
                   expected.data());
  Operator::oracle(g, absolute(input).data(), absolute(filter).data(), absolute(bias).data(),
                   activation_range(Activation::none), magnitude.data());

  for_each_rung([&] {
    AlignedBuffer packed = used_memory(Kernel::packed_bytes(g)), scratch = used_memory(Kernel::scratch_bytes(g));
    const Kernel kernel(g, filter, with_bias ? std::span<const float>(bias) : std::span<const float>(), activation,
                        packed.bytes());
    std::vector<float> output(g.output_elements());
    kernel.run(input, output, scratch.bytes());
    for (std::size_t i = 0; i < output.size(); ++i) {
      ASSERT_NEAR(output[i], expected[i], 1e-5f * magnitude[i]) << "at " << i;
    }
  });
}

template <class Policy>
class QuantizedRungs : public testing::Test {};

template <class R, class S>
using PerTensorOf = BasicPerTensor<R, S>;
template <class R, class S>
using PerChannelOf = BasicPerChannel<0, R, S>;
using i8 = std::int8_t;
using u8 = std::uint8_t;
using Policies = testing::Types<
    PerTensorOf<rounding::Reference, i8>, PerTensorOf<rounding::Reference, u8>, PerTensorOf<rounding::Float, i8>,
    PerTensorOf<rounding::Float, u8>, PerTensorOf<rounding::Single, i8>, PerTensorOf<rounding::Single, u8>,
    PerTensorOf<rounding::Shift, i8>, PerTensorOf<rounding::Shift, u8>, PerChannelOf<rounding::Reference, i8>,
    PerChannelOf<rounding::Reference, u8>, PerChannelOf<rounding::Float, i8>, PerChannelOf<rounding::Float, u8>,
    PerChannelOf<rounding::Single, i8>, PerChannelOf<rounding::Single, u8>, PerChannelOf<rounding::Shift, i8>,
    PerChannelOf<rounding::Shift, u8>>;
TYPED_TEST_SUITE(QuantizedRungs, Policies);

constexpr int random_cases = 100;

/// Every type its own cases, the same in every run.
std::uint32_t seed_of_suite() {
  std::uint32_t seed = 2166136261u;  // FNV-1a
  for (const char c : std::string_view(testing::UnitTest::GetInstance()->current_test_info()->test_suite_name())) {
    seed = (seed ^ static_cast<std::uint32_t>(c)) * 16777619u;
  }
  return seed;
}

TYPED_TEST(QuantizedRungs, Conv2dEqualsTheOracle) {
  Random random(seed_of_suite());
  for (int i = 0; i < random_cases && !this->HasFailure(); ++i) {
    check_quantized<Dense, typename TypeParam::Storage, TypeParam>(Dense::geometry(random), random);
  }
}

TYPED_TEST(QuantizedRungs, DepthwiseConv2dEqualsTheOracle) {
  Random random(seed_of_suite());
  for (int i = 0; i < random_cases && !this->HasFailure(); ++i) {
    check_quantized<Depthwise, typename TypeParam::Storage, TypeParam>(Depthwise::geometry(random), random);
  }
}

TYPED_TEST(QuantizedRungs, DepthwiseConv2dOfWideImagesEqualsTheOracle) {
  Random random(seed_of_suite());
  for (int i = 0; i < random_cases / 2 && !this->HasFailure(); ++i) {
    check_quantized<Depthwise, typename TypeParam::Storage, TypeParam>(Depthwise::wide_geometry(random), random);
  }
}

TYPED_TEST(QuantizedRungs, DeepAndThinProductsEqualTheOracle) {
  Random random(seed_of_suite());
  const auto deep = [&](int rows, int inputs, int units) {
    return window_geometry({1, 1, rows, inputs}, units, 1, 1, 1, Padding::valid);
  };
  for (const WindowGeometry& g : {deep(1, 5001, 3), deep(9, 1040, 2), deep(33, 1, 65), deep(2, 2, 257),
                                  window_geometry({1, 5, 4, 160}, 5, 3, 1, 1, Padding::same)}) {
    check_quantized<Dense, typename TypeParam::Storage, TypeParam>(g, random);
  }
  check_quantized<Depthwise, typename TypeParam::Storage, TypeParam>(
      window_geometry({1, 12, 6, 1}, 8, {10, 8}, 2, 1, Padding::same), random);
  check_quantized<Depthwise, typename TypeParam::Storage, TypeParam>(
      window_geometry({1, 2, 2, 130}, 130, 3, 1, 1, Padding::same), random);
}

/// Every number of channels that whole vectors leave over, in images from one place wide on.
TYPED_TEST(QuantizedRungs, DepthwiseOfAnyNumberOfChannelsEqualsTheOracle) {
  Random random(seed_of_suite());
  for (int channels = 1; channels <= 130 && !this->HasFailure(); ++channels) {
    const int width = 1 + channels % 9, stride = 1 + channels / 9 % 2;
    check_quantized<Depthwise, typename TypeParam::Storage, TypeParam>(
        window_geometry({1, 3, width, channels}, channels, 3, stride, 1, Padding::same), random);
  }
}

/// Requantization alone: with a filter of zeros the bias is the accumulator. Numbers of every size, and those next to
/// where the rounded product steps.
TYPED_TEST(QuantizedRungs, AnyAccumulatorIsRequantizedAsTheOracleDoes) {
  using Storage = typename TypeParam::Storage;
  using Kernel = kernels::Conv2d<Storage, TypeParam>;
  using R = typename TypeParam::Rounding;
  Random random(seed_of_suite());
  const WindowGeometry g = window_geometry({1, 1, 1, 1}, 256, 1, 1, 1, Padding::valid);
  const std::vector<Storage> input(1), filter(256);
  for (int i = 0; i < 40; ++i) {
    std::vector<float> scales(TypeParam::per_channel ? 256 : 1);
    for (float& scale : scales) {
      scale = std::ldexp(1.0f + static_cast<float>(random.between(0, 1 << 20)) / (1 << 20), random.between(-20, 0));
    }
    if (i % 8 == 0) scales = random.scales(scales.size(), 1);
    const kernels::ConvolutionQuantization q{
        {1.0f, 0}, {1.0f, random.zero_point<Storage>()}, scales, 0, Activation::none};
    std::vector<std::int32_t> accumulators(256);
    for (std::size_t o = 0; o < 256; ++o) {
      const double step = (random.between(-260, 260) + 0.5) / scales[TypeParam::per_channel ? o : 0];
      const bool near_step = o % 4 != 0 && std::abs(step) < 2e9;
      accumulators[o] = near_step ? static_cast<std::int32_t>(step) + random.between(-1, 1)
                                  : std::numeric_limits<std::int32_t>::min() >> random.between(0, 31);
      if (o % 16 == 8) accumulators[o] = std::numeric_limits<std::int32_t>::max() >> random.between(0, 31);
    }
    std::vector<typename R::Multiplier> multipliers;
    for (std::size_t c = 0; c < scales.size(); ++c) {
      multipliers.push_back(R::multiplier(kernels::convolution_multiplier<Storage>(q, c)));
    }
    const Requantization<R> requantization{multipliers, q.output.zero_point,
                                           activation_range<Storage>(q.activation, q.output)};
    for_each_rung([&] {
      AlignedBuffer packed = used_memory(Kernel::packed_bytes(g)), scratch = used_memory(Kernel::scratch_bytes(g));
      const Kernel kernel(g, filter, accumulators, q, packed.bytes());
      std::vector<Storage> output(256);
      kernel.run(input, output, scratch.bytes());
      for (std::size_t o = 0; o < 256; ++o) {
        ASSERT_EQ(output[o], requantization.apply(accumulators[o], o)) << accumulators[o];
      }
    });
  }
}

/// Kernels may replace a rounding by a cheaper sequence where both step at the same accumulators: sums next to every
/// step of every channel, for multipliers of one size at a time.
TYPED_TEST(QuantizedRungs, OutputsStepWhereTheOracleSteps) {
  using Storage = typename TypeParam::Storage;
  using Kernel = kernels::Conv2d<Storage, TypeParam>;
  using R = typename TypeParam::Rounding;
#if defined(__x86_64__) && !defined(DLPU_SANITIZED)
  constexpr int every = 1;
#else
  constexpr int every = 5;  // qemu takes thirty times as long, and a sanitizer sees no more in each step
#endif
  constexpr int inputs = 40, channels = 17;
  constexpr int lowest = std::numeric_limits<Storage>::min(), highest = std::numeric_limits<Storage>::max();
  constexpr int input_zero_point = (lowest + highest + 1) / 2, filter_zero_point = input_zero_point;
  Random random(seed_of_suite());
  for (int exponent = -11; exponent <= -2; ++exponent) {
    SCOPED_TRACE(exponent);
    std::vector<float> scales(TypeParam::per_channel ? channels : 1);
    for (float& scale : scales) {
      scale = std::ldexp(1.0f + static_cast<float>(random.between(0, 1 << 20)) / (1 << 20), exponent);
    }
    const int zero_point = random.among({lowest, lowest, input_zero_point, highest, random.between(lowest, highest)});
    const kernels::ConvolutionQuantization q{{1.0f, input_zero_point},
                                             {1.0f, zero_point},
                                             scales,
                                             filter_zero_point,
                                             random.among({Activation::none, Activation::relu})};
    // The last weight is 1, the others 127: inputs make up any sum up to 39 * 127 * 127.
    std::vector<Storage> filter(channels * inputs, static_cast<Storage>(filter_zero_point + 127));
    for (std::size_t o = 0; o < channels; ++o) {
      filter[o * inputs + inputs - 1] = static_cast<Storage>(filter_zero_point + 1);
    }
    std::vector<std::int32_t> sums;
    std::vector<Storage> input;
    for (std::size_t o = 0; o < scales.size(); ++o) {
      for (int level = -256; level <= 256; level += every) {
        const double step = (level + 0.5) / static_cast<double>(scales[o]);
        for (int near = -1; near <= 1; ++near) {
          const auto sum = static_cast<std::int32_t>(std::floor(step)) + near;
          if (std::abs(sum) > 39 * 126 * 127) continue;
          sums.push_back(sum);
          int parts = sum / 127;
          for (int i = 0; i + 1 < inputs; ++i) {
            const int part = parts < -127 ? -127 : parts > 127 ? 127 : parts;
            parts -= part;
            input.push_back(static_cast<Storage>(input_zero_point + part));
          }
          input.push_back(static_cast<Storage>(input_zero_point + sum % 127));
        }
      }
    }
    std::vector<typename R::Multiplier> multipliers;
    for (std::size_t c = 0; c < scales.size(); ++c) {
      multipliers.push_back(R::multiplier(kernels::convolution_multiplier<Storage>(q, c)));
    }
    const Requantization<R> requantization{multipliers, q.output.zero_point,
                                           activation_range<Storage>(q.activation, q.output)};
    const WindowGeometry g =
        window_geometry({1, 1, static_cast<int>(sums.size()), inputs}, channels, 1, 1, 1, Padding::valid);
    for_each_rung([&] {
      AlignedBuffer packed = used_memory(Kernel::packed_bytes(g)), scratch = used_memory(Kernel::scratch_bytes(g));
      const Kernel kernel(g, filter, {}, q, packed.bytes());
      std::vector<Storage> output(g.output_elements());
      kernel.run(input, output, scratch.bytes());
      for (std::size_t place = 0; place < sums.size(); ++place) {
        for (std::size_t o = 0; o < channels; ++o) {
          ASSERT_EQ(output[place * channels + o], requantization.apply(sums[place], o)) << sums[place];
        }
      }
    });
  }
}

/// Rows of output two at a time, places two at a time, channels 64 at a time: all that may be left over.
TYPED_TEST(QuantizedRungs, DepthwiseConv2dOfManyChannelsEqualsTheOracle) {
  Random random(seed_of_suite());
  for (const int channels : {1, 16, 31, 32, 33, 63, 64, 65, 80, 96, 97, 130}) {
    for (const Size2D stride : {Size2D(1), Size2D(2), Size2D{1, 2}}) {
      for (const int size : {1, 2, 5, 6}) {
        const Padding padding = random.among({Padding::same, Padding::sides(1, 1, 1, 1), Padding::sides(0, 2, 2, 0)});
        check_quantized<Depthwise, typename TypeParam::Storage, TypeParam>(
            window_geometry({1, size, size + 1, channels}, channels, 3, stride, 1, padding), random);
      }
    }
  }
}

template <class Policy>
void check_add(Random& random) {
  using Storage = typename Policy::Storage;
  using R = typename Policy::Rounding;
  for (int i = 0; i < 200; ++i) {
    const Shape shape{1, random.between(1, 100)};
    const auto count = static_cast<std::size_t>(shape.elements());
    const auto real_scale = [&] { return static_cast<float>(random.between(1, 400)) / 100.0f; };
    const kernels::AddQuantization q{{real_scale(), random.zero_point<Storage>()},
                                     {real_scale(), random.zero_point<Storage>()},
                                     {i % 8 == 0 ? 1e-7f : real_scale(), random.zero_point<Storage>()}};
    const auto activation = random.among({Activation::none, Activation::none, Activation::relu6});
    const auto first = random.stored<Storage>(count), second = random.stored<Storage>(count);
    std::vector<Storage> expected(count);
    reference::add(reference::broadcast(shape, shape), first.data(), second.data(),
                   kernels::add_arguments<R, Storage>(q, activation), expected.data());
    for_each_rung([&] {
      std::vector<Storage> output(count);
      kernels::Add<Storage, Policy>({activation}, shape, shape, q).run(first, second, output);
      ASSERT_EQ(output, expected);
    });
  }
}

TYPED_TEST(QuantizedRungs, AddEqualsTheOracle) {
  Random random(seed_of_suite());
  check_add<TypeParam>(random);
}

/// 16-bit activations with 8-bit filters: every rounding that takes their sums.
template <class Policy>
class WideRungs : public testing::Test {};
using i16 = std::int16_t;
using WidePolicies = testing::Types<PerTensorOf<rounding::Reference, i16>, PerChannelOf<rounding::Reference, i16>,
                                    PerTensorOf<rounding::Double, i16>, PowerOfTwo16>;
TYPED_TEST_SUITE(WideRungs, WidePolicies);

TYPED_TEST(WideRungs, ConvolutionsEqualTheOracle) {
  Random random(seed_of_suite());
  for (int i = 0; i < random_cases && !this->HasFailure(); ++i) {
    check_quantized<Dense, i16, TypeParam>(Dense::geometry(random), random);
    check_quantized<Depthwise, i16, TypeParam>(Depthwise::geometry(random), random);
  }
}

/// More products than 32 bits hold the sum of, also where all are extreme.
TYPED_TEST(WideRungs, DeepProductsEqualTheOracle) {
  Random random(seed_of_suite());
  for (int i = 0; i < 12; ++i) {
    for (const int inputs : {509, 510, 511, 1020, 1021, 5001}) {
      check_quantized<Dense, i16, TypeParam>(window_geometry({1, 1, 3, inputs}, 9, 1, 1, 1, Padding::valid), random);
    }
    check_quantized<Depthwise, i16, TypeParam>(window_geometry({1, 31, 33, 9}, 9, {31, 33}, 1, 1, Padding::valid),
                                               random);
  }
}

TYPED_TEST(WideRungs, AddEqualsTheOracle) {
  Random random(seed_of_suite());
  check_add<TypeParam>(random);
}

TEST(FloatRungs, Conv2dIsCloseToTheOracle) {
  Random random(1);
  for (int i = 0; i < 150 && !HasFailure(); ++i) check_float<Dense>(Dense::geometry(random), random);
}

TEST(FloatRungs, DepthwiseConv2dIsCloseToTheOracle) {
  Random random(2);
  for (int i = 0; i < 150 && !HasFailure(); ++i) check_float<Depthwise>(Depthwise::geometry(random), random);
}

TEST(FloatRungs, DepthwiseConv2dOfWideImagesIsCloseToTheOracle) {
  Random random(3);
  for (int i = 0; i < 100 && !HasFailure(); ++i) check_float<Depthwise>(Depthwise::wide_geometry(random), random);
}

/// Sums that leave int32 wrap in the oracle, and so they must everywhere: 255 * 255 * 34000 > 2^31.
TEST(Rungs, SumsWrapAsTheOracleDoes) {
  const WindowGeometry g = window_geometry({1, 1, 1, 34000}, 9, 1, 1, 1, Padding::valid);
  const std::vector<u8> input(34000, 255), filter(9 * 34000, 255);
  const std::vector<float> scale{1e-7f};
  const std::vector<std::int32_t> bias(9, std::numeric_limits<std::int32_t>::max());
  using Policy = BasicPerTensor<rounding::Reference, u8>;
  using Kernel = kernels::Conv2d<u8, Policy>;
  const std::uint32_t wrapped = 255u * 255u * 34000u + 0x7FFFFFFFu;
  const auto multiplier = rounding::Reference::multiplier(static_cast<double>(1e-7f));
  const std::int32_t expected = 100 + rounding::Reference::apply(static_cast<std::int32_t>(wrapped), multiplier);
  for_each_rung([&] {
    AlignedBuffer packed = used_memory(Kernel::packed_bytes(g)), scratch = used_memory(Kernel::scratch_bytes(g));
    const Kernel kernel(g, filter, bias, {{1.0f, 0}, {1.0f, 100}, scale, 0, Activation::none}, packed.bytes());
    std::vector<u8> output(9);
    kernel.run(input, output, scratch.bytes());
    for (u8 value : output) EXPECT_EQ(value, expected);
  });
}

#if defined(__x86_64__)
/// Roundings have a form in float where outputs lie on both sides of zero too: without one kernels take several times as
/// long, and no comparison of bits would tell.
template <class R>
void expect_form_in_float(std::initializer_list<double> multipliers_of_layers) {
  for (const double real : multipliers_of_layers) {
    SCOPED_TRACE(real);
    const typename R::Multiplier multipliers[] = {R::multiplier(real)};
    kernels::avx2::ChannelConstants constants{};
    kernels::avx2::pack_requantization(
        Requantization<R>{multipliers, 0, {-128, 127}}, 16, 1, [](std::size_t, std::size_t lane) { return lane; },
        &constants);
    EXPECT_LE(constants.form, kernels::avx2::Form::corrected);
  }
}
TEST(Rungs, RoundingsHaveFormsInFloat) {
  const auto* const avx2 = std::ranges::find(isa::rung_names, isa::avx2::name);
  if (isa::available_rung() < static_cast<isa::Rung>(avx2 - isa::rung_names.begin()))
    GTEST_SKIP() << "this CPU has no AVX2";
  expect_form_in_float<rounding::Reference>({0.0123, 0.00345});  // rounds twice: powers of two step apart by sign
  expect_form_in_float<rounding::Single>({0.0123, 0.00345, 0x1p-5, 0x1p-10});
  expect_form_in_float<rounding::Double>({0.0123, 0.00345, 0x1p-5, 0x1p-10});
  expect_form_in_float<rounding::Shift>({0x1p-5, 0x1p-7, 0x1p-10});
  expect_form_in_float<rounding::Float>({0.0123, 0.00345, 0x1p-5, 0x1p-10});
}
#endif

/// A kernel says the rung that really runs: `Rung`'s, where it has a kernel of its own.
template <class Operator, class Storage, class Policy>
void expect_names() {
  const WindowGeometry g = window_geometry({1, 2, 2, 1}, 1, 1, 1, 1, Padding::valid);
  using Kernel = typename Operator::template Kernel<Storage, Policy>;
  for (isa::Rung rung = 0; rung <= isa::available_rung(); ++rung) {
    const isa::ScopedRungLimit limit(rung);
    AlignedBuffer packed = used_memory(Kernel::packed_bytes(g));
    const std::vector<FilterOf<Storage>> filter(1);
    const std::vector<float> scale{1.0f};
    const std::string_view name = [&] {
      if constexpr (Policy::quantized) {
        return Kernel(g, filter, {}, {{}, {}, scale, 0, Activation::none}, packed.bytes()).rung();
      } else {
        return Kernel(g, filter, {}, Activation::none, packed.bytes()).rung();
      }
    }();
    isa::visit_rung(rung, [&](auto tag) {
      using R = kernels::RoundingOf<Policy>;
      EXPECT_EQ(name, (Operator::template Rung<decltype(tag), Storage, R>::isa_type::name));
    });
    // The portable rung, where there is one, has every kernel, NEON every 8-bit and float one.
    const bool portable = DLPU_HAS_PORTABLE_RUNG;
    const bool neon = isa::rung_names[rung] == isa::neon::name && sizeof(Storage) != 2;
    if (rung == 0 || (rung == 1 && portable) || neon) {
      EXPECT_EQ(name, isa::rung_names[rung]);
    }
  }
}

TEST(Rungs, KernelsReportTheRungThatRuns) {
  expect_names<Dense, i8, PerTensor>();
  expect_names<Dense, u8, BasicPerTensor<rounding::Float, u8>>();
  expect_names<Dense, i16, PowerOfTwo16>();
  expect_names<Dense, float, Unquantized>();
  expect_names<Depthwise, i8, PerChannel>();
  expect_names<Depthwise, float, Unquantized>();
}

/// Small layers must fit small memories.
TEST(Rungs, ScratchStaysSmall) {
  using Kernel = kernels::Conv2d<i8, PerChannel>;
  EXPECT_LE(Kernel::scratch_bytes(window_geometry({1, 96, 96, 64}, 64, 1, 1, 1, Padding::same)), 8u * 1024);
  EXPECT_LE(Kernel::scratch_bytes(window_geometry({1, 14, 14, 512}, 512, 3, 1, 1, Padding::same)), 64u * 1024);
}

}  // namespace
}  // namespace dlpu
