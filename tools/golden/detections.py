"""TFLite_Detection_PostProcess."""
import numpy as np
from flatbuffers import flexbuffers

from .cases import File
from .model import OPERATOR, Tensor, run_all
from .quantization import limits, quantization_for


def quantized(real, dtype):
    if dtype == "float32":
        return Tensor(real)
    scale, zero_point = quantization_for(real, dtype, 1.0)
    stored = np.clip(np.rint(real / scale) + zero_point, *limits(dtype)).astype(dtype)
    return Tensor(stored, scale=scale, zero_point=zero_point)


def detection_case(file, dtype, boxes, classes, detections, per_box=1, regular=False, per_class=100, background=1,
                   score_threshold=0.3, overlap_threshold=0.5, levels=0, top=1.0, code_size=4):
    """Random boxes around few anchors, so that many overlap; `levels`: so many different scores, for ties."""
    rng = file.rng
    scales = [10.0, 10.0, 5.0, 5.0]
    centres = rng.uniform(0.2, 0.8, (max(boxes // 4, 1), 2))
    anchors = np.concatenate([centres[rng.integers(0, len(centres), boxes)], rng.uniform(0.1, 0.4, (boxes, 2))], 1)
    offsets = rng.normal(0, 1, (1, boxes, code_size))
    scores = rng.uniform(0, top, (1, boxes, classes + background))
    if levels:
        scores = np.rint(scores * levels) / levels
        twins = rng.integers(0, boxes, boxes // 3)  # boxes at the same place with the same scores
        anchors[twins], offsets[0, twins], scores[0, twins] = anchors[0], offsets[0, 0], scores[0, 0]
    inputs = [quantized(offsets.astype(np.float32), dtype), quantized(scores.astype(np.float32), dtype),
              quantized(anchors.astype(np.float32), dtype)]
    inputs[2].constant = True
    outputs = [Tensor(dtype="float32") for _ in range(4)]
    options = {"max_detections": detections, "max_classes_per_detection": per_box, "detections_per_class": per_class,
               "use_regular_nms": regular, "nms_score_threshold": score_threshold,
               "nms_iou_threshold": overlap_threshold, "num_classes": classes, "y_scale": scales[0],
               "x_scale": scales[1], "h_scale": scales[2], "w_scale": scales[3]}
    run_all(OPERATOR.CUSTOM, 1, None, {}, inputs, outputs,
            custom=("TFLite_Detection_PostProcess", flexbuffers.Dumps(options)))
    count = int(outputs[3].data[0]) * (1 if regular else per_box)
    for output in outputs[:3]:
        output.data[:, count:] = 0
        if not regular:
            for place in range(classes, per_box):
                output.data[:, place::per_box] = 0
    file.add_all(inputs, outputs, [detections, per_box, per_class, int(regular), classes],
                 [score_threshold, overlap_threshold, *scales])
    return count


def detection_post_process():
    file = File("detection_post_process")
    counts = []
    for dtype in ("float32", "uint8"):
        for regular in (False, True):
            def case(*arguments, **named):
                counts.append(detection_case(file, dtype, *arguments, regular=regular, **named))
            case(30, 4, 10)
            case(40, 4, 40, background=0)
            case(50, 3, 15, per_class=4)
            case(10, 3, 5, score_threshold=2.0)  # none
            case(1, 1, 5, score_threshold=0.0)
            case(40, 4, 20, levels=4)
            case(40, 4, 10, levels=2, per_class=3)
            case(30, 7, 10, levels=3, score_threshold=0.5, overlap_threshold=0.2)
            case(30, 4, 20, overlap_threshold=1.0, score_threshold=0.0, levels=5)
            case(30, 3, 10, code_size=7)
            if not regular:
                case(30, 8, 10, per_box=3)
                case(30, 2, 10, per_box=3)
                case(30, 5, 20, per_box=5, score_threshold=0.9)
                case(30, 9, 15, per_box=3, levels=4)
                case(20, 30, 15, per_box=4, levels=3)
    print("detections:", *counts)
    return file
