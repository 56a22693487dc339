#include "dlpu/quant/frame.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <numeric>
#include <vector>

namespace dlpu::quant_frame_test {
namespace {

using Image = Extents<1, 2, 3, 3>;
using Uint8 = BasicPerTensor<rounding::Reference, std::uint8_t>;

static_assert(PixelRange{-1.0f, 1.0f}.real(0) == -1.0f);
static_assert(PixelRange{-1.0f, 1.0f}.real(255) == 1.0f);
static_assert(PixelRange{0.0f, 255.0f}.real(77) == 77.0f);

std::vector<std::uint8_t> counting(std::size_t size) {
  std::vector<std::uint8_t> bytes(size);
  std::iota(bytes.begin(), bytes.end(), std::uint8_t{0});
  return bytes;
}

/// Loads into a uint8 input whose stored numbers are the bytes.
std::vector<int> loaded(const Frame& frame) {
  Tensor<std::uint8_t, Image, Uint8> input{Quantization{1.0f, 0}};
  const Result<void> result = load(frame, input.view(), {0.0f, 255.0f});
  EXPECT_TRUE(result) << result.error();
  return {input.span().begin(), input.span().end()};
}

TEST(Frame, InterleavedRowsMayBePadded) {
  const std::vector<std::uint8_t> bytes = counting(20);
  EXPECT_EQ(loaded({.pixels = bytes, .height = 2, .width = 3}),
            (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17}));
  EXPECT_EQ(loaded({.pixels = bytes, .height = 2, .width = 3, .row_stride = 11}),
            (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 13, 14, 15, 16, 17, 18, 19}));
}

TEST(Frame, PlanesAreInterleaved) {
  const std::vector<std::uint8_t> bytes = counting(24);
  EXPECT_EQ(loaded({.pixels = bytes, .height = 2, .width = 3, .layout = FrameLayout::planar}),
            (std::vector<int>{0, 6, 12, 1, 7, 13, 2, 8, 14, 3, 9, 15, 4, 10, 16, 5, 11, 17}));
  EXPECT_EQ(loaded({.pixels = bytes, .height = 2, .width = 3, .row_stride = 4, .layout = FrameLayout::planar}),
            (std::vector<int>{0, 8, 16, 1, 9, 17, 2, 10, 18, 4, 12, 20, 5, 13, 21, 6, 14, 22}));
}

TEST(Frame, EveryByteIsStoredAsThePolicyQuantizesIt) {
  const std::vector<std::uint8_t> bytes = counting(256);
  const Frame frame{.pixels = bytes, .height = 16, .width = 16};
  const PixelRange range{-1.0f, 1.0f};
  const Quantization q{2.0f / 255.0f, -1};
  Tensor<std::int8_t, Extents<1, 16, 16, 1>, PerTensor> stored{q};
  Tensor<float, Extents<1, dynamic, dynamic, 1>, Unquantized> real{Extents<1, dynamic, dynamic, 1>{16, 16}};
  ASSERT_TRUE(load(frame, stored.view(), range));
  ASSERT_TRUE(load(frame, real.view(), range));
  for (std::size_t i = 0; i < 256; ++i) {
    const double exact = -1.0 + 2.0 * static_cast<double>(i) / 255.0;
    EXPECT_EQ(real.span()[i], static_cast<float>(exact));
    EXPECT_EQ(stored.span()[i], PerTensor::quantize(static_cast<float>(exact), q));
    EXPECT_NEAR(stored.span()[i], static_cast<double>(i) - 128.0, 1.0);
  }
}

/// The sentence for a frame that does not fit, and that nothing was written.
std::string problem(const Frame& frame) {
  Tensor<std::uint8_t, Image, Uint8> input{Quantization{1.0f, 0}};
  const Result<void> result = load(frame, input.view(), {0.0f, 255.0f});
  EXPECT_FALSE(result);
  for (std::uint8_t value : input.span()) EXPECT_EQ(value, 0);
  return result.error();
}

TEST(Frame, ErrorsNameBothSizes) {
  const std::vector<std::uint8_t> bytes(64, 9);
  EXPECT_EQ(problem({.pixels = bytes, .height = 480, .width = 640}),
            "frame: the frame has 480x640 pixels (height x width), the input 2x3; resize the frame first");
  EXPECT_EQ(problem({.pixels = bytes, .height = 2, .width = 3, .row_stride = 8}),
            "frame: the row stride is 8 bytes, a row of the input has 9");
  EXPECT_EQ(problem({.pixels = std::span(bytes).first(17), .height = 2, .width = 3}),
            "frame: the frame has 17 bytes, 2x3 pixels of 3 channels in rows of 9 bytes need 18");
  EXPECT_EQ(problem({.pixels = bytes, .height = 2, .width = 3, .row_stride = 16, .layout = FrameLayout::planar}),
            "frame: the frame has 64 bytes, 2x3 pixels of 3 channels in rows of 16 bytes need 83");
  Tensor<std::uint8_t, Extents<2, 2, 3, 3>, Uint8> batch{Quantization{1.0f, 0}};
  EXPECT_EQ(load({.pixels = bytes, .height = 2, .width = 3}, batch.view(), {}).error(),
            "frame: the input takes a batch of 2 images; load needs a batch of 1");
}

}  // namespace
}  // namespace dlpu::quant_frame_test
