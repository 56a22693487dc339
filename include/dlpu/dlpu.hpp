#pragma once

/// dlpu: compile-time-typed tensors and quantized kernels for the deep learning processing units of network cameras.
/// This header is the whole library but for the optional doors under `dlpu/io/`.

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
#include "dlpu/graph/builder.hpp"
#include "dlpu/graph/network.hpp"
#include "dlpu/graph/placement.hpp"
#include "dlpu/graph/program.hpp"

// Chips
#include "dlpu/soc/all.hpp"

// Networks
#include "dlpu/zoo/mobilenet_v1.hpp"
#include "dlpu/zoo/mobilenet_v2.hpp"
#include "dlpu/zoo/mobilenet_v2_cifar10.hpp"
#include "dlpu/zoo/tiny.hpp"

// Calibration and post-training quantization
#include "dlpu/quantize/quantize.hpp"

// Weights in .safetensors files
#include "dlpu/io/weights.hpp"
