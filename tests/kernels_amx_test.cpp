/// The AMX rung against the oracle, on machines with AMX and, its instructions emulated, on those without. Kernels are
/// taken from the rung itself rather than by the CPU's choice, which stays what it is.

#include <gtest/gtest.h>

#if defined(__x86_64__)

#include <algorithm>
#include <cstdint>
#include <iostream>
#include <thread>
#include <vector>

#include "support/amx_emulator.hpp"
#include "support/convolutions.hpp"

namespace dlpu::amx {
namespace {

using kernels::amx::Tiling;

/// AMX kernels have AVX-512 around their tiles, which nothing emulates.
class Amx : public testing::Test {
 protected:
  void SetUp() override {
    if (isa::detail::hardware_rung() < isa::rung_count - 2) GTEST_SKIP() << "needs a CPU with AVX-512 VNNI";
    const char* const means = Emulator::is_hardware() ? "hardware" : "emulation";
    RecordProperty("amx", means);
    std::cout << "AMX by " << means << '\n';
  }

 private:
  Emulator emulator_;
};

/// The rung, whatever the CPU is.
template <class, class Storage, class R>
struct Rung : kernels::Conv2dRung<isa::amx, Storage, R> {};

template <class Storage, class Policy>
using Conv2d = Conv2dBy<Rung, Storage, Policy>;

/// Whether places of a whole row are multiplied by tiles.
constexpr bool uses_tiles(const WindowGeometry& g) {
  const auto width = static_cast<std::size_t>(g.output_width);
  return Tiling(kernels::avx_vnni::Runs(g), g.pointwise() ? width * static_cast<std::size_t>(g.output_height) : width)
      .pays();
}

/// A window over an image that is wide and deep enough for tiles.
WindowGeometry random_window(Random& random) {
  for (;;) {
    const Size2D kernel = random.among<Size2D>({1, 1, 1, 3, {2, 3}, {3, 1}});
    const Size2D stride = random.among<Size2D>({1, 1, 2, {1, 2}});
    const Size2D dilation = random.among<Size2D>({1, 1, 1, 2});
    const Padding padding = random.among({Padding::same, Padding::valid, Padding::sides(1, 0, 2, 1)});
    const Shape input{random.between(1, 2), random.between(1, 6), random.between(4, 70),
                      random.among({11, 16, 32, 36, 45, 60, 64, 80, 96, 200, 4 * random.between(1, 40)})};
    const int channels = random.among({1, 15, 16, 33, 48, 64, 65, 80, 127, random.between(1, 140)});
    const WindowGeometry g = window_geometry(input, channels, kernel, stride, dilation, padding);
    if (g.output_height < 1 || g.output_width < 1 || !uses_tiles(g)) continue;
    if (g.output_elements() * kernels::avx_vnni::Runs(g).depth() < 3'000'000) return g;
  }
}

template <class Policy>
void check(const WindowGeometry& g, Random& random) {
  using Storage = typename Policy::Storage;
  SCOPED_TRACE(describe(g));
  const QuantizedCase<Dense, Storage, Policy> example(g, random);
  EXPECT_EQ((example.template output<Conv2d<Storage, Policy>>()), example.expected());
}

template <class Policy>
class AmxConv2d : public Amx {};
using Policies =
    testing::Types<BasicPerChannel<0, rounding::Reference, std::int8_t>,
                   BasicPerTensor<rounding::Reference, std::uint8_t>,
                   BasicPerChannel<0, rounding::Float, std::uint8_t>, BasicPerTensor<rounding::Shift, std::int8_t>>;
TYPED_TEST_SUITE(AmxConv2d, Policies);

TYPED_TEST(AmxConv2d, EqualsTheOracle) {
  Random random(1);
  for (int i = 0; i < 60 && !this->HasFailure(); ++i) check<TypeParam>(random_window(random), random);
}

/// Every number of places up to three tiles, and channels on both sides of what is computed together.
TYPED_TEST(AmxConv2d, PointwiseOfEveryWidthEqualsTheOracle) {
  Random random(2);
  for (int places = 1; places <= 49; ++places) {
    const int channels = random.among({15, 32, 50, 64, 130});
    check<TypeParam>(window_geometry({1, 1, places, 64}, channels, 1, 1, 1, Padding::valid), random);
  }
}

/// Places of deep layers are handed out in parts, whose last may be too thin for tiles.
TYPED_TEST(AmxConv2d, DeepLayersEqualTheOracle) {
  Random random(3);
  check<TypeParam>(window_geometry({1, 7, 7, 960}, 20, 1, 1, 1, Padding::same), random);
  check<TypeParam>(window_geometry({1, 1, 9, 2048}, 10, 1, 1, 1, Padding::same), random);
  check<TypeParam>(window_geometry({1, 3, 14, 512}, 17, 3, 1, 1, Padding::same), random);
}

/// Bands of rows, on threads of their own: each configures its tiles, and none sees another's.
TYPED_TEST(AmxConv2d, BandsOnThreadsEqualTheOracle) {
  using Storage = typename TypeParam::Storage;
  using Kernel = Conv2d<Storage, TypeParam>;
  Random random(4);
  const WindowGeometry g = window_geometry({1, 12, 20, 64}, 70, 3, 1, 1, Padding::same);
  const QuantizedCase<Dense, Storage, TypeParam> example(g, random);
  const auto output = example.template output_by<Kernel>(
      [&](const Kernel& kernel, std::span<const Storage> input, std::span<Storage> result, std::span<std::byte>) {
        std::vector<std::thread> threads;
        for (std::size_t part = 0; part < 4; ++part) {
          threads.emplace_back([&, part] {
            AlignedBuffer scratch(Kernel::scratch_bytes(g));
            const Rows rows = share_of(g.output_height, part, 4);
            const std::size_t input_row = input.size() / static_cast<std::size_t>(g.input_height),
                              output_row = result.size() / static_cast<std::size_t>(g.output_height);
            kernel.run_rows(rows, input.data() + static_cast<std::size_t>(input_rows(g, rows).first) * input_row,
                            result.data() + static_cast<std::size_t>(rows.first) * output_row, scratch.bytes());
          });
        }
        for (std::thread& thread : threads) thread.join();
      });
  EXPECT_EQ(output, example.expected());
}

/// Sums that leave 32 bits wrap as the oracle's do.
TEST_F(Amx, SumsWrapAsTheOracleDoes) {
  using Policy = BasicPerTensor<rounding::Reference, std::uint8_t>;
  const WindowGeometry g = window_geometry({1, 1, 8, 34048}, 9, 1, 1, 1, Padding::valid);
  ASSERT_TRUE(uses_tiles(g));
  const std::vector<std::uint8_t> input(g.input_elements(), 255), filter(9 * 34048, 255);
  const std::vector<float> scale{1e-7f};
  AlignedBuffer packed = used_memory(Conv2d<std::uint8_t, Policy>::packed_bytes(g)),
                scratch = used_memory(Conv2d<std::uint8_t, Policy>::scratch_bytes(g));
  const Conv2d<std::uint8_t, Policy> kernel(g, filter, {}, {{1.0f, 0}, {1.0f, 250}, scale, 0, Activation::none},
                                            packed.bytes());
  std::vector<std::uint8_t> output(g.output_elements());
  kernel.run(input, output, scratch.bytes());
  const auto sum = static_cast<std::int32_t>(255u * 255u * 34048u);
  ASSERT_LT(sum, 0);
  const int expected =
      250 + rounding::Reference::apply(sum, rounding::Reference::multiplier(static_cast<double>(1e-7f)));
  EXPECT_EQ(output, std::vector<std::uint8_t>(output.size(), static_cast<std::uint8_t>(expected)));
}

TEST(AmxTiling, ShallowAndNarrowRowsStayOnVectors) {
  const auto pointwise = [](int places, int channels) {
    return uses_tiles(window_geometry({1, 1, places, channels}, 64, 1, 1, 1, Padding::valid));
  };
  const auto three_by_three = [](int width, int channels) {
    return uses_tiles(window_geometry({1, 8, width, channels}, 64, 3, 1, 1, Padding::same));
  };
  EXPECT_FALSE(pointwise(196, 16));
  EXPECT_FALSE(pointwise(196, 24));
  EXPECT_TRUE(pointwise(196, 32));
  EXPECT_TRUE(pointwise(49, 160));
  EXPECT_FALSE(pointwise(196, 4 * 37));  // no divisor but 4
  EXPECT_FALSE(pointwise(1, 1280));      // a fully connected layer
  EXPECT_TRUE(three_by_three(56, 64));
  EXPECT_TRUE(three_by_three(7, 512));
  EXPECT_FALSE(three_by_three(112, 3));
}

/// Emulated or not, tiles must have been at work in all this.
TEST_F(Amx, TilesAreUsed) {
  const std::size_t before = Emulator::emulated();
  Random random(5);
  check<BasicPerTensor<rounding::Reference, std::uint8_t>>(
      window_geometry({1, 1, 33, 64}, 16, 1, 1, 1, Padding::valid), random);
  // Configuration, release; a pair of tiles and one more: a load of bias and inputs, a product and a store for each, and
  // a load of weights for each of the two groups.
  EXPECT_EQ(Emulator::emulated() - before, Emulator::is_hardware() ? 0u : 2u + 3u * 4u + 2u);
}

}  // namespace
}  // namespace dlpu::amx

#endif
