#pragma once

/// All networks, as types. `catalogue.hpp` has them under their names, at run time.

#include "dlpu/zoo/deeplab_v3.hpp"
#include "dlpu/zoo/efficientnet_lite.hpp"
#include "dlpu/zoo/mobilenet_v1.hpp"
#include "dlpu/zoo/mobilenet_v2.hpp"
#include "dlpu/zoo/mobilenet_v2_cifar10.hpp"
#include "dlpu/zoo/mobilenet_v3.hpp"
#include "dlpu/zoo/resnet.hpp"
#include "dlpu/zoo/ssd.hpp"
#include "dlpu/zoo/tiny.hpp"
#include "dlpu/zoo/yolov5.hpp"
