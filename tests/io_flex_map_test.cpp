/// Options of custom operators: a map that flatbuffers' own library wrote, and every way of damaging one byte of it.

#include "dlpu/io/tflite/flex_map.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string_view>
#include <vector>

namespace dlpu::io::tflite::io_flex_map_test {
namespace {

/// {"classes": 90, "scale": 0.1, "half": 0.5, "regular": true, "below": -2, "text": "no", "large": 70000}
constexpr std::array<std::uint8_t, 146> map{
    99,  108, 97,  115, 115, 101, 115, 0,   115, 99,  97,  108, 101, 0,   104, 97,  108, 102, 0,   114, 101,
    103, 117, 108, 97,  114, 0,   98,  101, 108, 111, 119, 0,   116, 101, 120, 116, 0,   2,   110, 111, 0,
    108, 97,  114, 103, 101, 0,   7,   22,  50,  37,  10,  34,  46,  22,  7,   0,   0,   0,   0,   0,   0,
    0,   1,   0,   0,   0,   0,   0,   0,   0,   7,   0,   0,   0,   0,   0,   0,   0,   254, 255, 255, 255,
    255, 255, 255, 255, 90,  0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   224, 63,  112,
    17,  1,   0,   0,   0,   0,   0,   1,   0,   0,   0,   0,   0,   0,   0,   154, 153, 153, 153, 153, 153,
    185, 63,  89,  0,   0,   0,   0,   0,   0,   0,   7,   7,   15,  7,   107, 15,  20,  63,  39,  1};
/// {"f": 0.25, "i": -300}, both numbers stored elsewhere.
constexpr std::array<std::uint8_t, 25> indirect{102, 0, 0, 0, 0, 0,  128, 62, 105, 0, 212, 254, 2,
                                                13,  6, 2, 1, 2, 14, 9,   34, 25,  4, 36,  1};
constexpr std::string_view names[] = {"classes", "scale", "half", "regular", "below", "text", "large", "", "f", "i"};

TEST(FlexMap, NumbersByName) {
  const FlexMap options(map);
  ASSERT_TRUE(options.valid());
  EXPECT_EQ(options.number("classes"), 90.0);
  EXPECT_EQ(options.number("scale"), 0.1);
  EXPECT_EQ(options.number("half"), 0.5);
  EXPECT_EQ(options.number("regular"), 1.0);
  EXPECT_EQ(options.number("below"), -2.0);
  EXPECT_EQ(options.number("large"), 70000.0);
  EXPECT_FALSE(options.number("text"));
  EXPECT_FALSE(options.number("class"));
  EXPECT_FALSE(options.number("classes "));
}

TEST(FlexMap, NumbersThatAreStoredElsewhere) {
  const FlexMap options(indirect);
  ASSERT_TRUE(options.valid());
  EXPECT_EQ(options.number("f"), 0.25);
  EXPECT_EQ(options.number("i"), -300.0);
}

void read_all(std::span<const std::uint8_t> bytes) {
  const std::vector<std::uint8_t> copy(bytes.begin(), bytes.end());  // so that a sanitizer sees its end
  const FlexMap options(copy);
  for (const std::string_view name : names) (void)options.number(name);
}

TEST(FlexMap, DamagedBytesAreHarmless) {
  const std::span<const std::uint8_t> maps[] = {map, indirect};
  for (const auto whole : maps) {
    for (std::size_t begin = 0; begin <= whole.size(); ++begin) {
      read_all(whole.subspan(begin));
      read_all(whole.first(begin));
    }
    std::vector<std::uint8_t> damaged(whole.begin(), whole.end());
    for (std::size_t i = 0; i < damaged.size(); ++i) {
      for (int value = 0; value < 256; ++value) {
        damaged[i] = static_cast<std::uint8_t>(value);
        read_all(damaged);
      }
      damaged[i] = whole[i];
    }
  }
  EXPECT_FALSE(FlexMap({}).valid());
}

}  // namespace
}  // namespace dlpu::io::tflite::io_flex_map_test
