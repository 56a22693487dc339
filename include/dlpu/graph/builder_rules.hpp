#pragma once

/// What a description must obey as a whole; operators have rules of their own.

#include "dlpu/core/rule.hpp"

namespace dlpu::inline DLPU_ABI {

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
using rules = type_list<NeedsInput, BatchNormAfterConvolution, InputShape, NeedsOutput, OutputIsInput, InputCount,
                        WeightedElement, TensorSize, ScopeDepth>;
}  // namespace graph_rule

}  // namespace dlpu::inline DLPU_ABI
