/// Images on their way into a network: the layouts that chips take, and frames as cameras deliver them.

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "dlpu/graph/network.hpp"
#include "dlpu/soc/all.hpp"
#include "support/networks.hpp"

namespace graph_network_input_test {
namespace {

using namespace dlpu;
using networks::Owned;

struct Image {
  static constexpr auto build(auto& g) {
    auto x = g.input({1, 9, 13, 3});
    x = g.conv2d(x, {.filters = 8, .kernel = 3, .stride = 2, .activation = Activation::relu6});
    return g.fully_connected(x, {.units = 5});
  }
};
constexpr std::size_t height = 9, width = 13, channels = 3;

using OnCpu = Network<Image, soc::Cpu, PowerOfTwo>;
using OnCv25 = Network<Image, soc::Cv25, PowerOfTwo>;
static_assert(std::is_same_v<OnCpu::Input::extents_type, Extents<1, 9, 13, 3>>);
static_assert(std::is_same_v<OnCv25::Input::extents_type, Extents<1, 3, 9, 32>>);  // planes, rows padded to 32
static_assert(std::is_same_v<OnCpu::Output, OnCv25::Output>);
static_assert(OnCpu::input_bytes == 0 && OnCv25::input_bytes == align_up(9 * 13 * 3));
static_assert(OnCv25::arena_bytes == OnCpu::arena_bytes + OnCv25::input_bytes);
static_assert(OnCv25::packed_bytes == OnCpu::packed_bytes);

/// The byte of a pixel's channel; any function of the position will do.
std::uint8_t pixel(std::size_t y, std::size_t x, std::size_t c) {
  return static_cast<std::uint8_t>((y * 37 + x * 11 + c * 97) * 7 % 251);
}

/// The same picture in a layout, rows `stride` bytes apart.
std::vector<std::uint8_t> picture(FrameLayout layout, std::size_t stride) {
  const bool planar = layout == FrameLayout::planar;
  std::vector<std::uint8_t> bytes(stride * height * (planar ? channels : 1), 0xee);
  for (std::size_t y = 0; y < height; ++y) {
    for (std::size_t x = 0; x < width; ++x) {
      for (std::size_t c = 0; c < channels; ++c) {
        bytes[planar ? (c * height + y) * stride + x : y * stride + x * channels + c] = pixel(y, x, c);
      }
    }
  }
  return bytes;
}

template <class Net>
std::vector<typename Net::policy::Storage> scores(Net& net, const Frame& frame) {
  auto image = net.input();
  std::ranges::fill(image.span(), typename Net::policy::Storage{77});  // padding may hold anything
  const Result<void> loaded = Net::load(frame, image, {-1.0f, 1.0f});
  EXPECT_TRUE(loaded) << loaded.error();
  return networks::copy(net.run(image));
}

TEST(GraphNetworkInput, ChipsWithOtherLayoutsComputeTheSame) {
  const Parameters parameters = networks::parameters_for<PowerOfTwo>(build_graph<Image>());
  Owned<OnCpu> cpu(parameters);
  Owned<OnCv25> cv25(parameters);
  struct Case {
    FrameLayout layout;
    std::size_t stride;
  };
  std::vector<std::int8_t> first;
  for (const Case& c : {Case{FrameLayout::interleaved, width * channels}, Case{FrameLayout::interleaved, 64},
                        Case{FrameLayout::planar, width}, Case{FrameLayout::planar, 32}}) {
    const auto bytes = picture(c.layout, c.stride);
    const Frame frame{bytes, static_cast<int>(height), static_cast<int>(width), static_cast<int>(c.stride), c.layout};
    if (first.empty()) first = scores(*cpu, frame);
    EXPECT_EQ(scores(*cpu, frame), first);
    EXPECT_EQ(scores(*cv25, frame), first);
  }
  EXPECT_NE(*std::ranges::min_element(first), *std::ranges::max_element(first));
}

TEST(GraphNetworkInput, LoadQuantizesEveryPixelInItsPlace) {
  const auto bytes = picture(FrameLayout::interleaved, width * channels);
  const Frame frame{.pixels = bytes, .height = height, .width = width};
  const PixelRange range{-1.0f, 1.0f};
  Owned<OnCpu> cpu(networks::parameters_for<PowerOfTwo>(build_graph<Image>()));
  Owned<OnCv25> cv25(networks::parameters_for<PowerOfTwo>(build_graph<Image>()));
  auto nhwc = cpu->input();
  auto planar = cv25->input();
  ASSERT_TRUE(OnCpu::load(frame, nhwc, range));
  ASSERT_TRUE(OnCv25::load(frame, planar, range));
  for (std::size_t y = 0; y < height; ++y) {
    for (std::size_t x = 0; x < width; ++x) {
      for (std::size_t c = 0; c < channels; ++c) {
        const std::int8_t expected = PowerOfTwo::quantize(range.real(pixel(y, x, c)), nhwc.parameters());
        ASSERT_EQ(nhwc(0, y, x, c), expected);
        ASSERT_EQ(planar(0, c, y, x), expected);
      }
    }
  }
}

TEST(GraphNetworkInput, LoadTakesRealNumbersAndUint8) {
  using Real = Network<Image, soc::Cpu, Unquantized>;
  using Uint8 = Network<Image, soc::Cpu, BasicPerTensor<rounding::Reference, std::uint8_t>>;
  const auto bytes = picture(FrameLayout::interleaved, width * channels);
  const Frame frame{.pixels = bytes, .height = height, .width = width};
  Real::InputTensor<> real;
  ASSERT_TRUE(Real::load(frame, real, {0.0f, 1.0f}));
  EXPECT_EQ(real(0, 1, 2, 0), static_cast<float>(pixel(1, 2, 0) / 255.0));
  Uint8::InputTensor<> stored(Quantization{1.0f / 255.0f, 0});
  ASSERT_TRUE(Uint8::load(frame, stored, {0.0f, 1.0f}));
  EXPECT_TRUE(std::ranges::equal(stored.span(), bytes));  // the usual uint8 network takes bytes as they are
}

TEST(GraphNetworkInput, LoadRefusesFramesThatDoNotFit) {
  const auto bytes = picture(FrameLayout::interleaved, width * channels);
  OnCpu::InputTensor<> image(Quantization{1.0f, 0});
  const auto error = [&](const Frame& frame) { return OnCpu::load(frame, image, {}).error(); };
  EXPECT_NE(error({.pixels = bytes, .height = 13, .width = 9}).find("9x13"), std::string::npos);
  EXPECT_NE(error({.pixels = std::span(bytes).first(bytes.size() - 1), .height = height, .width = width}), "");
  EXPECT_NE(error({.pixels = bytes, .height = height, .width = width, .row_stride = 38}), "");
  EXPECT_TRUE(std::ranges::all_of(image.span(), [](std::int8_t v) { return v == 0; }));
  EXPECT_EQ(error({.pixels = bytes, .height = height, .width = width, .row_stride = 39}), "");
}

/// Two images and a vector: each image is brought to NHWC in bytes of its own, the vector goes as it is.
struct Pair {
  static constexpr auto build(auto& g) {
    const auto a = g.input({1, 5, 6, 2}, "a"), b = g.input({1, 4, 7, 3}, "b"), v = g.input({1, 4}, "v");
    const auto x = g.mean(g.conv2d(a, {.filters = 4, .kernel = 3}));
    return g.add(g.add(x, g.mean(g.conv2d(b, {.filters = 4, .kernel = 1}))), v);
  }
};
TEST(GraphNetworkInput, SeveralImagesAreRelaid) {
  using Cpu = Network<Pair, soc::Cpu, PowerOfTwo>;
  using Cv25 = Network<Pair, soc::Cv25, PowerOfTwo>;
  static_assert(Cv25::input_bytes == 64 + 128);
  const Parameters parameters = networks::parameters_for<PowerOfTwo>(build_graph<Pair>());
  Owned<Cpu> cpu(parameters);
  Owned<Cv25> cv25(parameters);
  const auto nhwc = networks::random_inputs(*cpu, 4);
  const auto planar = networks::random_inputs(*cv25, 5);
  const auto relay = [](const auto& from, auto& to) {
    const Shape shape = from.extents().shape();
    for (int y = 0; y < shape[1]; ++y) {
      for (int x = 0; x < shape[2]; ++x) {
        for (int c = 0; c < shape[3]; ++c) to(0, c, y, x) = from(0, y, x, c);
      }
    }
  };
  relay(std::get<0>(*nhwc), std::get<0>(*planar));
  relay(std::get<1>(*nhwc), std::get<1>(*planar));
  std::ranges::copy(std::get<2>(*nhwc).span(), std::get<2>(*planar).span().begin());
  const auto expected = networks::copy(cpu->run({std::get<0>(*nhwc), std::get<1>(*nhwc), std::get<2>(*nhwc)}));
  EXPECT_EQ(networks::copy(cv25->run({std::get<0>(*planar), std::get<1>(*planar), std::get<2>(*planar)})), expected);
}

}  // namespace
}  // namespace graph_network_input_test
