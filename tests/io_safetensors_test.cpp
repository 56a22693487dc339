// Reading and writing .safetensors: what is written is read back, and whatever else the bytes are, the reader says
// why it refuses them.

#include <gtest/gtest.h>

#include <cstring>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

#include "dlpu/io/file.hpp"
#include "dlpu/io/safetensors_writer.hpp"
#include "support/golden.hpp"

namespace dlpu::io_safetensors_test {
namespace {

using io::SafeTensor;
using io::SafeTensors;

template <class T>
SafeTensor tensor(std::string name, Shape shape, const std::vector<T>& values) {
  return {{element_type_of<T>, shape, std::as_bytes(std::span(values))}, std::move(name)};
}

/// Bytes of a file with this header, on a 64-byte boundary, and `data_bytes` zeros behind it.
AlignedBuffer file_with(std::string_view header, std::size_t data_bytes) {
  AlignedBuffer file(8 + header.size() + data_bytes);
  const std::uint64_t length = header.size();
  std::memcpy(file.data(), &length, sizeof length);
  std::memcpy(file.data() + 8, header.data(), header.size());
  return file;
}

std::string error_of(std::string_view header, std::size_t data_bytes) {
  const AlignedBuffer file = file_with(header, data_bytes);
  const Result<SafeTensors> parsed = SafeTensors::parse(file.bytes(), "net.safetensors");
  return parsed ? "no error" : parsed.error();
}

/// Reads everything that a parsed file offers, so that a sanitizer sees a bad view.
std::size_t touch(const SafeTensors& file) {
  std::size_t sum = 0;
  for (const SafeTensor& t : file.tensors()) {
    for (const std::byte b : t.data) sum += std::to_integer<std::size_t>(b);
    sum += file.find(t.name) == &t ? 1 : 0;
    (void)file.values<float>(t.name, t.shape);
    (void)file.values<bool>(t.name);
    (void)file.finite_values(t.name, t.shape);
  }
  return sum;
}

std::vector<std::byte> small_file() {
  static const std::vector<float> weights{0.5f, -1.0f, 2.0f, 3.0f, 4.0f, 5.0f};
  static const std::vector<std::int8_t> filter{1, -2, 3};
  static const std::vector<std::int32_t> bias{7};
  return io::write_safetensors(
      std::vector<SafeTensor>{tensor("stem.filter", {3}, filter), tensor("dense \"\\\n", {2, 3}, weights),
                              tensor("scalar", {}, bias), tensor("none", {0, 4}, std::vector<float>{})});
}

TEST(SafeTensorsTest, ReadsWhatWasWritten) {
  const std::vector<std::byte> bytes = small_file();
  const Result<SafeTensors> file = SafeTensors::parse(bytes, "net.safetensors");
  ASSERT_TRUE(file) << file.error();
  ASSERT_EQ(file->tensors().size(), 4u);
  const auto weights = file->values<float>("dense \"\\\n", {2, 3});
  ASSERT_TRUE(weights) << weights.error();
  EXPECT_EQ((*weights)[5], 5.0f);
  const auto filter = file->values<std::int8_t>("stem.filter", {3});
  ASSERT_TRUE(filter) << filter.error();
  EXPECT_EQ((*filter)[1], -2);
  ASSERT_TRUE(file->values<std::int32_t>("scalar", {}));
  ASSERT_TRUE(file->values<float>("none", {0, 4}));
  EXPECT_EQ(file->values<float>("none")->size(), 0u);
  EXPECT_EQ(file->find("absent"), nullptr);
}

TEST(SafeTensorsTest, WritesAnEmptyFile) {
  const std::vector<std::byte> bytes = io::write_safetensors({});
  EXPECT_EQ(bytes.size(), 64u);
  const Result<SafeTensors> file = SafeTensors::parse(bytes, "empty.safetensors");
  ASSERT_TRUE(file) << file.error();
  EXPECT_TRUE(file->tensors().empty());
}

TEST(SafeTensorsTest, AlignsEveryTensorToItsElement) {
  const std::vector<std::int8_t> bytes{1, 2, 3};
  const std::vector<std::int16_t> halves{1};
  const std::vector<std::int64_t> wide{1};
  const std::vector<std::byte> written = io::write_safetensors(std::vector<SafeTensor>{
      tensor("a", {3}, bytes), tensor("b", {1}, halves), tensor("c", {1}, wide), tensor("d", {1}, halves)});
  AlignedBuffer file(written.size());
  std::memcpy(file.data(), written.data(), written.size());
  const Result<SafeTensors> parsed = SafeTensors::parse(file.bytes(), "x");
  ASSERT_TRUE(parsed) << parsed.error();
  for (const SafeTensor& t : parsed->tensors()) {
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(t.data.data()) % element_bytes(t.type), 0u) << t.name;
  }
}

TEST(SafeTensorsTest, ReadsHeadersOfOtherWriters) {
  const std::string header =
      " {\"__metadata__\" : {\"format\":\"pt\", \"\":\"\"} ,\t\n"
      "\"\\u0041\\u00e9\\u20AC\\ud83d\\ude00\\/\\b\" : {\"shape\":[], \"data_offsets\":[ 0,1 ],\"dtype\":\"BOOL\"}} "
      "\n ";
  const AlignedBuffer bytes = file_with(header, 1);
  const Result<SafeTensors> file = SafeTensors::parse(bytes.bytes(), "x");
  ASSERT_TRUE(file) << file.error();
  ASSERT_EQ(file->tensors().size(), 1u);
  EXPECT_EQ(file->tensors()[0].name, "A\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80/\b");
  EXPECT_TRUE(file->values<bool>(file->tensors()[0].name, {}));
}

TEST(SafeTensorsTest, SaysWhatIsWrongWithATensor) {
  const std::vector<std::byte> bytes = small_file();
  const SafeTensors file = *SafeTensors::parse(bytes, "net.safetensors");
  EXPECT_EQ(
      file.values<float>("stem", {3}).error(),
      "net.safetensors: tensor 'stem' is missing; the file holds 'dense \"\\?', 'none', 'scalar', 'stem.filter'");
  EXPECT_EQ(
      file.values<std::int8_t>("stem.filter", {1, 3}).error(),
      "net.safetensors: tensor 'stem.filter' has the shape [3], expected [1, 3]; activations are NHWC, filters OHWI");
  EXPECT_EQ(file.values<float>("stem.filter", {3}).error(),
            "net.safetensors: tensor 'stem.filter' holds int8, expected float32; convert it before it is written");
}

TEST(SafeTensorsTest, RefusesValuesThatCannotBeUsed) {
  const std::vector<float> numbers{1.0f, -std::numeric_limits<float>::infinity()};
  const std::vector<std::byte> bytes = io::write_safetensors(std::vector<SafeTensor>{tensor("w", {2}, numbers)});
  const SafeTensors file = *SafeTensors::parse(bytes, "x");
  EXPECT_TRUE(file.values<float>("w", {2}));
  EXPECT_EQ(file.finite_values("w", {2}).error(),
            "x: tensor 'w' holds a NaN or an infinity at element 1; export finite numbers");

  AlignedBuffer flags = file_with(R"({"b":{"dtype":"BOOL","shape":[1],"data_offsets":[0,1]}})", 1);
  flags.data()[flags.size() - 1] = std::byte{2};
  EXPECT_EQ(SafeTensors::parse(flags.bytes(), "x")->values<bool>("b").error(),
            "x: tensor 'b' holds a bool that is neither 0 nor 1");

  const AlignedBuffer odd = file_with(R"({"f":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 4);
  ASSERT_NE(odd.size() % 4, 0u) << "the header's length must leave the data misaligned";
  EXPECT_NE(SafeTensors::parse(odd.bytes(), "x")->values<float>("f").error().find("is not aligned"),
            std::string::npos);
}

struct Bad {
  const char* header;
  std::size_t data_bytes;
  const char* message;
};

TEST(SafeTensorsTest, SaysWhyAFileIsRefused) {
  const Bad files[] = {
      {"", 0, "at byte 0 of the header: '{' was expected"},
      {"[]", 0, "at byte 0 of the header: '{' was expected"},
      {"{} {}", 0, "at byte 3 of the header: there is text behind the end of the header"},
      {"{\"a\":1}", 0, "'{' was expected"},
      {R"({"a":{}})", 0, "tensor 'a' needs dtype, shape and data_offsets"},
      {R"({"a":{"dtype":"F32","shape":[1]}})", 4, "tensor 'a' needs dtype, shape and data_offsets"},
      {R"({"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}})", 8,
       "tensor 'a' has the dtype 'F64'; dlpu reads F32,"},
      {R"({"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 4, "has the key 'dtype' twice"},
      {R"({"a":{"dtype":"F32","size":[1],"data_offsets":[0,4]}})", 4, "has the unknown key 'size'"},
      {R"({"a":{"dtype":"F32","shape":[1,1,1,1,1,1,1],"data_offsets":[0,4]}})", 4, "has more than 6 dimensions"},
      {R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})", 4, "a number without sign and fraction"},
      {R"({"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}})", 4, "']' was expected"},
      {R"({"a":{"dtype":"F32","shape":[2147483648],"data_offsets":[0,4]}})", 4, "does not fit into 31 bits"},
      {R"({"a":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,4]}})", 4,
       "does not fit into 64 bits"},
      {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", 4,
       "tensor 'a' has 4 bytes, but float32 in the shape [2] needs 8"},
      {R"({"a":{"dtype":"I8","shape":[2147483647,2147483647,2147483647],"data_offsets":[0,4]}})", 4,
       "needs more than 63 bits"},
      {R"({"a":{"dtype":"I8","shape":[2147483647,2147483647,2147483647,0],"data_offsets":[0,0]}})", 0,
       "more than 63 bits"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}})", 4, "the offsets are in the wrong order"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}})", 4, "has fewer than two data_offsets"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,4]}})", 4, "has more than two data_offsets"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}})", 4, "of which there are 4; the file is cut off"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[18446744073709551612,18446744073709551615]}})", 4,
       "cut off"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", 8, "neither overlap nor leave gaps"},
      {R"({"a":{"dtype":"I8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"I8","shape":[4],"data_offsets":[2,6]}})",
       6, "tensor 'b' lies at bytes 2 to 6 of the data, but the tensor before it ends at 4"},
      {R"({"a":{"dtype":"I8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"I8","shape":[1],"data_offsets":[1,2]}})",
       2, "there are two tensors 'a'"},
      {R"({"a":{"dtype":"I8","shape":[1],"data_offsets":[0,1]}})", 3, "there are 2 bytes behind the last tensor"},
      {R"({"__metadata__":{"a":1}})", 0, "'\"' was expected"},
      {R"({"__metadata__":{},"__metadata__":{}})", 0, "there are two objects '__metadata__'"},
      {R"({"a)", 0, "a string does not end"},
      {"{\"a\x01\":", 0, "a string holds a control character"},
      {R"({"\x":)", 0, "unknown escape sequence"},
      {R"({"\ud83d":)", 0, "half of a surrogate pair"},
      {R"({"\ude00":)", 0, "half of a surrogate pair"},
      {R"({"\u12g4":)", 0, "four hexadecimal digits"},
      {R"({"\u12)", 0, "four hexadecimal digits"},
      {R"({"a":{"dtype":"F32",})", 0, "'\"' was expected"},
  };
  for (const Bad& bad : files) {
    const std::string error = error_of(bad.header, bad.data_bytes);
    EXPECT_TRUE(error.starts_with("net.safetensors: ")) << error;
    EXPECT_NE(error.find(bad.message), std::string::npos) << bad.header << "\n" << error;
  }
}

TEST(SafeTensorsTest, RefusesDeepNestingWithoutRecursion) {
  EXPECT_NE(error_of(std::string(1'000'000, '['), 0), "no error");
  EXPECT_NE(error_of("{\"a\":" + std::string(1'000'000, '{'), 0), "no error");
}

TEST(SafeTensorsTest, RefusesAbsurdHeaderLengths) {
  for (const std::uint64_t length : {std::uint64_t{1}, std::uint64_t{100'000'001}, UINT64_MAX, UINT64_MAX - 7}) {
    std::byte bytes[8];
    std::memcpy(bytes, &length, sizeof length);
    const Result<SafeTensors> file = SafeTensors::parse(bytes, "x");
    ASSERT_FALSE(file);
    EXPECT_NE(file.error().find("not a safetensors file"), std::string::npos) << file.error();
  }
}

TEST(SafeTensorsTest, RefusesEveryTruncation) {
  const std::vector<std::byte> bytes = small_file();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const std::vector<std::byte> cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_FALSE(SafeTensors::parse(cut, "x")) << size;
  }
}

TEST(SafeTensorsTest, SurvivesEverySingleByteMutation) {
  const std::vector<std::byte> bytes = small_file();
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (int value = 0; value < 256; ++value) {
      std::vector<std::byte> mutated = bytes;
      mutated[at] = static_cast<std::byte>(value);
      const Result<SafeTensors> file = SafeTensors::parse(mutated, "x");
      if (file)
        (void)touch(*file);
      else
        EXPECT_TRUE(file.error().starts_with("x: "));
    }
  }
}

TEST(SafeTensorsTest, ReadsTheGoldenFilesAndWritesThemAgain) {
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(golden::tests_folder() / "golden")) {
    if (entry.path().extension() != ".safetensors") continue;
    ++files;
    const Result<AlignedBuffer> bytes = io::read_file(entry.path().string());
    ASSERT_TRUE(bytes) << bytes.error();
    const Result<SafeTensors> file = SafeTensors::parse(bytes->bytes(), entry.path().string());
    ASSERT_TRUE(file) << file.error();
    const std::vector<std::byte> written = io::write_safetensors(file->tensors());
    const Result<SafeTensors> again = SafeTensors::parse(written, "again");
    ASSERT_TRUE(again) << again.error();
    ASSERT_EQ(again->tensors().size(), file->tensors().size());
    for (std::size_t i = 0; i < file->tensors().size(); ++i) {
      const SafeTensor &a = file->tensors()[i], &b = again->tensors()[i];
      EXPECT_TRUE(a.name == b.name && a.type == b.type && a.shape == b.shape && std::ranges::equal(a.data, b.data))
          << a.name;
    }
  }
  EXPECT_GT(files, 0);
}

}  // namespace
}  // namespace dlpu::io_safetensors_test
