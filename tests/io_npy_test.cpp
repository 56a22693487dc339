// Reading and writing .npy, and whole files.

#include <gtest/gtest.h>

#include <chrono>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "dlpu/io/file.hpp"
#include "dlpu/io/npy.hpp"

namespace dlpu::io_npy_test {
namespace {

using io::NpyArray;

/// A file of a given version with this dictionary and `data_bytes` zeros behind it.
AlignedBuffer npy_with(std::string_view header, std::size_t data_bytes, unsigned major = 1) {
  const std::size_t length_bytes = major == 1 ? 2 : 4, start = 8 + length_bytes;
  AlignedBuffer file(start + header.size() + data_bytes);
  const std::uint32_t length = static_cast<std::uint32_t>(header.size());
  std::memcpy(file.data(), "\x93NUMPY", 6);
  file.data()[6] = static_cast<std::byte>(major);
  std::memcpy(file.data() + 8, &length, length_bytes);
  std::memcpy(file.data() + start, header.data(), header.size());
  return file;
}

std::string error_of(std::string_view header, std::size_t data_bytes) {
  const AlignedBuffer file = npy_with(header, data_bytes);
  const Result<NpyArray> parsed = NpyArray::parse(file.bytes(), "x.npy");
  return parsed ? "no error" : parsed.error();
}

std::vector<std::byte> small_file() {
  const std::vector<float> values{1.0f, 2.0f, 3.0f, 4.0f, 5.0f, 6.0f};
  return io::write_npy<float>({1, 2, 3}, values);
}

TEST(NpyTest, WritesWhatNumPyWrites) {
  const std::vector<std::byte> bytes = small_file();
  const std::string expected_header =
      std::string("\x93NUMPY\x01\x00\x76\x00", 10) + "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2, 3), }";
  ASSERT_EQ(bytes.size(), 128u + 24u);
  EXPECT_EQ(std::memcmp(bytes.data(), expected_header.data(), expected_header.size()), 0);
  EXPECT_EQ(bytes[127], std::byte{'\n'});
  EXPECT_EQ(bytes[126], std::byte{' '});
}

TEST(NpyTest, ReadsWhatWasWritten) {
  const std::vector<std::byte> bytes = small_file();
  const Result<NpyArray> file = NpyArray::parse(bytes, "x.npy");
  ASSERT_TRUE(file) << file.error();
  const auto values = file->values<float>({1, 2, 3});
  ASSERT_TRUE(values) << values.error();
  EXPECT_EQ((*values)[5], 6.0f);
  EXPECT_TRUE(file->finite_values({1, 2, 3}));
}

TEST(NpyTest, KeepsEveryElementTypeAndRank) {
  for (const auto& known : io::detail::npy_types) {
    for (const Shape& shape : {Shape{}, Shape{3}, Shape{2, 0}, Shape{1, 2, 3, 4, 5, 6}}) {
      const std::vector<std::byte> data(static_cast<std::size_t>(shape.elements()) * element_bytes(known.type));
      const std::vector<std::byte> bytes = io::write_npy({known.type, shape, data});
      const Result<NpyArray> file = NpyArray::parse(bytes, "x.npy");
      ASSERT_TRUE(file) << file.error();
      EXPECT_EQ(file->type(), known.type);
      EXPECT_EQ(file->shape(), shape);
    }
  }
}

TEST(NpyTest, ReadsVersion2AndOtherSpellings) {
  for (const unsigned version : {1u, 2u}) {
    const AlignedBuffer bytes = npy_with("{\"shape\":(2 ,),'fortran_order':False,'descr':'|i1'}\n", 2, version);
    const Result<NpyArray> file = NpyArray::parse(bytes.bytes(), "x.npy");
    ASSERT_TRUE(file) << file.error();
    EXPECT_EQ(file->shape(), Shape{2});
  }
}

TEST(NpyTest, SaysWhyAFileIsRefused) {
  const struct {
    const char* header;
    std::size_t data_bytes;
    const char* message;
  } files[] = {
      {"", 0, "'{' was expected"},
      {"{}", 0, "descr, fortran_order or shape is missing"},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,), } x", 4, "there is text behind"},
      {"{'descr': '<f4', 'fortran_order': True, 'shape': (1,), }", 4, "numpy.ascontiguousarray"},
      {"{'descr': '<f4', 'fortran_order': 0, 'shape': (1,), }", 4, "must be True or False"},
      {"{'descr': '>f4', 'fortran_order': False, 'shape': (1,), }", 4, "big endian"},
      {"{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }", 8, "the dtype '<f8' is none of float32,"},
      {"{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", 4, "structured"},
      {"{'descr': '<f4', 'descr': '<f4'}", 4, "the key 'descr' is there twice"},
      {"{'type': '<f4'}", 4, "the key 'type' is unknown"},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 1, 1, 1, 1, 1), }", 4, "more than 6 dimensions"},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }", 4, "a number without sign"},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (2147483648,), }", 4, "does not fit into 31 bits"},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (2147483647, 2147483647, 2147483647), }", 4,
       "does not need"},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (2147483647, 2147483647, 2147483647, 0), }", 0,
       "does not need"},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", 4,
       "it has 4 bytes of data, which float32 in the shape [2]"},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }", 5, "something was appended"},
      {"{'descr': '<f4", 0, "a string does not end"},
      {"{'descr': '<f4', 'shape': (,), ", 0, "a number without sign"},
  };
  for (const auto& bad : files) {
    const std::string error = error_of(bad.header, bad.data_bytes);
    EXPECT_TRUE(error.starts_with("x.npy: ")) << error;
    EXPECT_NE(error.find(bad.message), std::string::npos) << bad.header << "\n" << error;
  }
  const AlignedBuffer future = npy_with("{}", 0, 3);
  EXPECT_EQ(NpyArray::parse(future.bytes(), "x.npy").error(), "x.npy: it has version 3; dlpu reads 1 and 2");
}

TEST(NpyTest, SaysWhatIsWrongWithTheArray) {
  const std::vector<std::byte> bytes = small_file();
  const NpyArray file = *NpyArray::parse(bytes, "x.npy");
  EXPECT_EQ(file.values<float>({6}).error(),
            "x.npy: the array has the shape [1, 2, 3], expected [6]; activations are NHWC, filters OHWI");
  EXPECT_EQ(file.values<std::int8_t>().error(),
            "x.npy: the array holds float32, expected int8; convert it before it is written");
}

TEST(NpyTest, RefusesEveryTruncation) {
  const std::vector<std::byte> bytes = small_file();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const std::vector<std::byte> cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_FALSE(NpyArray::parse(cut, "x")) << size;
  }
}

TEST(NpyTest, SurvivesEverySingleByteMutation) {
  const std::vector<std::byte> bytes = small_file();
  std::size_t sum = 0;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (int value = 0; value < 256; ++value) {
      std::vector<std::byte> mutated = bytes;
      mutated[at] = static_cast<std::byte>(value);
      const Result<NpyArray> file = NpyArray::parse(mutated, "x");
      if (!file) continue;
      for (const std::byte b : file->data()) sum += std::to_integer<std::size_t>(b);
      (void)file->values<bool>();
    }
  }
  EXPECT_GT(sum, 0u);
}

class FileTest : public testing::Test {
 protected:
  // Tests may run at the same time, each in a process of its own.
  std::string path_ = testing::TempDir() + "dlpu_" + testing::UnitTest::GetInstance()->current_test_info()->name() +
                      "_" + std::to_string(std::chrono::steady_clock::now().time_since_epoch().count());
  void TearDown() override { std::filesystem::remove_all(path_); }
};

TEST_F(FileTest, ReadsWhatWasWrittenIntoAlignedMemory) {
  const std::vector<std::byte> bytes = small_file();
  const Result<void> written = io::write_file(path_, bytes);
  ASSERT_TRUE(written) << written.error();
  const Result<AlignedBuffer> read = io::read_file(path_);
  ASSERT_TRUE(read) << read.error();
  EXPECT_TRUE(std::ranges::equal(read->bytes(), bytes));
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(read->data()) % alignment, 0u);
  EXPECT_FALSE(std::filesystem::exists(path_ + ".partial"));
}

TEST_F(FileTest, ReadsAnEmptyFile) {
  ASSERT_TRUE(io::write_file(path_, {}));
  const Result<AlignedBuffer> read = io::read_file(path_);
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(read->size(), 0u);
}

TEST_F(FileTest, NamesTheFileAndTheReason) {
  EXPECT_EQ(io::read_file(path_).error(), path_ + ": cannot be read: No such file or directory");
  EXPECT_EQ(io::read_file(testing::TempDir()).error(),
            testing::TempDir() + ": cannot be read: it is not a regular file");
  EXPECT_EQ(io::write_file(path_ + "/x", {}).error(), path_ + "/x: cannot be written: No such file or directory");
  ASSERT_TRUE(std::filesystem::create_directory(path_));
  EXPECT_FALSE(io::write_file(path_, {})) << "a folder must not be replaced";
  EXPECT_FALSE(std::filesystem::exists(path_ + ".partial"));
}

TEST_F(FileTest, RefusesFilesThatNoFormatCanDescribe) {
  ASSERT_TRUE(io::write_file(path_, {}));
  std::error_code code;
  std::filesystem::resize_file(path_, io::max_file_bytes + 1, code);  // sparse
  if (code) GTEST_SKIP() << "this file system holds no sparse file of 2 GiB";
  EXPECT_NE(io::read_file(path_).error().find("more than 2 GiB"), std::string::npos);
}

}  // namespace
}  // namespace dlpu::io_npy_test
