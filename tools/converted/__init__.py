"""Random networks made with TensorFlow's converter; tools/random_networks.py compares what dlpu and LiteRT make of them."""
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
