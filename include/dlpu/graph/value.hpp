#pragma once

/// What a builder hands out, and the rules of composing that it reports.

#include <array>
#include <cstddef>
#include <cstdint>

#include "dlpu/graph/graph.hpp"

namespace dlpu::inline DLPU_ABI {

/// A tensor of the graph under construction. Passing it on costs nothing.
struct Value {
  std::int32_t tensor = -1;
};

/// The outputs of an operator that has several; those that it does not have are no tensors.
struct Values {
  std::array<Value, Inferred::max_outputs> all{};
  std::size_t count = 0;

  [[nodiscard]] constexpr std::size_t size() const { return count; }
  [[nodiscard]] constexpr Value operator[](std::size_t i) const {
    DLPU_ASSERT(i < all.size());
    return all[i];
  }
};

namespace graph_rule {
DLPU_RULE(NeedsInput,
          "Builder: this operator's input is no tensor of the graph; pass the value that another operator returned",
          "");
DLPU_RULE(BatchNormAfterConvolution,
          "Builder: batch_norm follows a convolution or a fully connected layer, whose weights take it in", "");
DLPU_RULE(InputShape, "Builder: an input needs at least one dimension, and every dimension must be at least 1", "");
DLPU_RULE(NeedsOutput, "Builder: build() must return the network's output, or a std::array of outputs", "");
DLPU_RULE(OutputIsInput, "Builder: an input of the network cannot be an output as well; the caller has it already",
          "");
DLPU_RULE(InputCount, "Builder: an operator takes at most sixteen inputs", "");
DLPU_RULE(
    WeightedElement,
    "Builder: weights are stored as the policy says, so their operator needs an input that is; quantize it first",
    "");
DLPU_RULE(TensorSize, "Builder: a tensor would have more than 2^31 - 1 elements; make it smaller", "");
DLPU_RULE(ScopeDepth, "Builder: scopes nest at most four deep; leave one out", "");
DLPU_RULE(UniqueName,
          "Builder: this name is taken in its scope, and weights are found by name; choose another, or open a scope",
          "");
using rules = type_list<NeedsInput, BatchNormAfterConvolution, InputShape, NeedsOutput, OutputIsInput, InputCount,
                        WeightedElement, TensorSize, ScopeDepth, UniqueName>;
}  // namespace graph_rule

}  // namespace dlpu::inline DLPU_ABI
