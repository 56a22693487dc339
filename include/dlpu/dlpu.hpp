#pragma once

/// dlpu: compile-time-typed tensors and quantized kernels for the deep learning processing units of network cameras.
/// This header has all that a network composed in code needs. What prepares networks and what reads files have doors of
/// their own: `dlpu/quantize/quantize.hpp` (calibration), `dlpu/io/weights.hpp`, `dlpu/io/tflite.hpp` and others in
/// `dlpu/io/`, `dlpu/graph/program.hpp` (graphs that are known at run time only), `dlpu/zoo/parse.hpp` (the zoo by name).

// Core: shapes, tensors, fixed point, results
#include "dlpu/core/aligned.hpp"
#include "dlpu/core/config.hpp"
#include "dlpu/core/element.hpp"
#include "dlpu/core/extents.hpp"
#include "dlpu/core/fixed_point.hpp"
#include "dlpu/core/result.hpp"
#include "dlpu/core/rule.hpp"
#include "dlpu/core/shape.hpp"
#include "dlpu/core/tensor.hpp"

// Quantization policies and rounding
#include "dlpu/quant/frame.hpp"
#include "dlpu/quant/policy.hpp"
#include "dlpu/quant/rounding.hpp"

// Graphs and networks; they bring the operators and their kernels
#include "dlpu/graph/blocks.hpp"
#include "dlpu/graph/graph_of.hpp"
#include "dlpu/graph/network.hpp"
#include "dlpu/graph/placement.hpp"

// Chips
#include "dlpu/soc/all.hpp"

// Networks
#include "dlpu/zoo/all.hpp"

// Weights in .safetensors files
#include "dlpu/io/network_weights.hpp"
