#include <gtest/gtest.h>

#include "dlpu/io/measured_rows.hpp"

namespace io_measured_rows_test {
namespace {

using dlpu::io::parse_measured_rows;

constexpr const char* heading = "target,device,model,latency_ms\n";

std::string error_of(const std::string& text) {
  const auto rows = parse_measured_rows(text, "rows.csv");
  EXPECT_FALSE(rows) << text;
  return rows.error();
}

TEST(MeasuredRows, ColumnsStandInAnyOrderAmongOthers) {
  const auto rows = parse_measured_rows(
      "\xEF\xBB\xBFlatency_ms,os,model,device,target\r\n5.36,12.1,\"MobileNetV2, "
      "\"\"mine\"\"\",Q1656-LE,ARTPEC-8\r\n\r\n"
      "1e1,,zoo:resnet8,Q1728,artpec9",
      "rows.csv");
  ASSERT_TRUE(rows) << rows.error();
  ASSERT_EQ(rows->size(), 2u);
  EXPECT_EQ((*rows)[0].model, "MobileNetV2, \"mine\"");
  EXPECT_EQ((*rows)[0].target, "ARTPEC-8");
  EXPECT_EQ((*rows)[0].latency_ms, 5.36);
  EXPECT_EQ((*rows)[0].line, 2u);
  EXPECT_EQ((*rows)[1].device, "Q1728");
  EXPECT_EQ((*rows)[1].latency_ms, 10);
  EXPECT_EQ((*rows)[1].line, 4u);
}

TEST(MeasuredRows, AColumnMayNameATargetWhoseRulesANewOneFollows) {
  const auto rows =
      parse_measured_rows("target,device,model,latency_ms,like\nA,Q,m,1,artpec9\nB,Q,m,1,\n", "rows.csv");
  ASSERT_TRUE(rows) << rows.error();
  EXPECT_EQ((*rows)[0].like, "artpec9");
  EXPECT_EQ((*rows)[1].like, "");
}

TEST(MeasuredRows, AMissingColumnIsNamed) {
  EXPECT_NE(error_of("target,device,model\na,b,c\n").find("rows.csv:1: there is no column 'latency_ms'"),
            std::string::npos);
  EXPECT_NE(error_of("").find("rows.csv:1: there is no column 'target'"), std::string::npos);
  for (const std::string name : {"target", "device", "model", "latency_ms"}) {
    std::string columns = heading;
    columns.replace(columns.find(name), name.size(), "x");
    EXPECT_NE(error_of(columns + "artpec8,Q,zoo:resnet8,1\n").find("rows.csv:1: there is no column '" + name + "'"),
              std::string::npos);
  }
  EXPECT_NE(error_of("target,target,device,model,latency_ms\n").find("two columns 'target'"), std::string::npos);
  EXPECT_NE(error_of("like,like,target,device,model,latency_ms\na,b,c,d,e,1\n").find("two columns 'like'"),
            std::string::npos);
}

TEST(MeasuredRows, ABadLatencyHasItsLine) {
  for (const char* latency : {"", "-1", "0", "nan", "inf", "5ms", " 5", "1e9", "0x10", "1,5"}) {
    const std::string text = std::string(heading) + "ARTPEC-8,Q,m,1\n\nARTPEC-8,Q,m," + latency + "\n";
    EXPECT_EQ(error_of(text).find("rows.csv:4: "), 0u) << latency;
  }
}

TEST(MeasuredRows, ABadLatencyIsPrintableAndHasItsBounds) {
  const std::string rest = "but it must be a number of milliseconds above 0 and below 3600000, an hour";
  EXPECT_EQ(error_of(std::string(heading) + "A,Q,m,3600000\n"), "rows.csv:2: latency_ms is '3600000', " + rest);
  EXPECT_EQ(error_of(std::string(heading) + "A,Q,m,\x1b[2J" + std::string(1000, '9') + "\n"),
            "rows.csv:2: latency_ms is '?[2J" + std::string(96, '9') + "...', " + rest);
}

TEST(MeasuredRows, ABrokenLineHasItsNumber) {
  EXPECT_NE(error_of(std::string(heading) + "ARTPEC-8,Q,m\n").find("rows.csv:2: it has 3 fields"), std::string::npos);
  EXPECT_NE(error_of(std::string(heading) + ",Q,m,1\n").find("rows.csv:2: target, device and model"),
            std::string::npos);
  EXPECT_NE(error_of(std::string(heading) + "\"ARTPEC-8,Q,m,1\n").find("rows.csv:2: a quote"), std::string::npos);
  EXPECT_NE(error_of(heading).find("no rows"), std::string::npos);
}

}  // namespace
}  // namespace io_measured_rows_test
