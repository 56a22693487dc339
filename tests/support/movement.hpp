#pragma once

/// Runs operators that move elements on golden cases, for every element type that the cases have.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "dlpu/ops/shape_rule.hpp"
#include "support/expect_values.hpp"
#include "support/golden.hpp"

namespace dlpu::golden {

/// Calls `check.operator()<Storage>(c)` for every case of an operator with the type of its first input. At least
/// `fewest` cases must exist.
template <class Check>
void for_each_case(const std::string& operator_name, std::size_t fewest, Check check) {
  const std::vector<Case> all = cases(operator_name);
  EXPECT_GE(all.size(), fewest);
  for (const Case& c : all) {
    SCOPED_TRACE(c.name());
    const ElementType type = c.type("input_0");
    if (type == ElementType::int8)
      check.template operator()<std::int8_t>(c);
    else if (type == ElementType::uint8)
      check.template operator()<std::uint8_t>(c);
    else if (type == ElementType::float32)
      check.template operator()<float>(c);
    else if (type == ElementType::int32)
      check.template operator()<std::int32_t>(c);
    else
      ADD_FAILURE() << "no kernel for this element type";
  }
}

/// The shapes that an operator gives for inputs "input_0", "input_1" ... are those of the outputs.
template <class Op>
void expect_shapes(const Op& op, const Case& c) {
  std::vector<TensorType> types;
  for (std::size_t i = 0; i < c.inputs(); ++i) {
    const std::string key = "input_" + std::to_string(i);
    types.push_back({c.shape(key), c.type(key)});
  }
  const Inferred inferred = op.infer(types);
  ASSERT_EQ(inferred.problem, nullptr) << inferred.problem->sentence;
  for (std::size_t i = 0; i < inferred.count; ++i) {
    const std::string key = "output_" + std::to_string(i);
    EXPECT_EQ(inferred.outputs[i].shape, c.shape(key));
    EXPECT_EQ(inferred.outputs[i].element, c.type(key));
  }
  EXPECT_FALSE(c.has("output_" + std::to_string(inferred.count)));
}

/// A kernel of one input and one output moves every element to where LiteRT has it.
template <class Storage, class Kernel>
void expect_moved(const Kernel& kernel, const Case& c, const std::string& output = "output_0") {
  const auto expected = c.values<Storage>(output);
  std::vector<Storage> actual(expected.size());
  kernel.run(c.values<Storage>("input_0"), actual);
  expect_values(expected, actual, 0.0f);
}

/// Pairs (first, second) of options from `from` on, one for each dimension.
struct OptionPairs {
  std::array<std::int32_t, Shape::max_rank> first{}, second{};
};
inline OptionPairs option_pairs(const Case& c, std::size_t from = 0) {
  OptionPairs pairs;
  for (std::size_t i = 0; from + 2 * i + 1 < c.options().size(); ++i) {
    pairs.first[i] = c.option(from + 2 * i);
    pairs.second[i] = c.option(from + 2 * i + 1);
  }
  return pairs;
}

}  // namespace dlpu::golden
