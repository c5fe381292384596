# SPDX-License-Identifier: Apache-2.0
"""Tensors handed to torch, ONNX Runtime and OpenVINO and back, in the same memory."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Any

import edgefirst_hal as ef
import numpy as np
import pytest
from numpy.typing import NDArray

MEM = ef.TensorMemory.MEM
DTYPES = [
    *("uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64"),
    *("float16", "float32", "float64"),
]


def filled(dtype: str, *shape: int) -> NDArray[Any]:
    return (np.arange(np.prod(shape)) % 251).reshape(shape).astype(dtype)


def tensor_of(array: NDArray[Any]) -> ef.Tensor:
    tensor = ef.Tensor(array.shape, array.dtype.name, MEM)
    tensor.from_numpy(array)
    return tensor


def address(tensor: ef.Tensor) -> int:
    return int(tensor.numpy().ctypes.data)


@pytest.fixture(scope="module")
def torch() -> Any:
    return pytest.importorskip("torch", reason="torch is not installed")


@pytest.fixture(scope="module")
def ort() -> Any:
    return pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")


@pytest.fixture(scope="module")
def session(ort: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """y = 2x, float32 [2, 3]"""
    onnx = pytest.importorskip("onnx", reason="the package onnx builds the test model")
    path: Path = tmp_path_factory.mktemp("models") / "double.onnx"
    node = onnx.helper.make_node("Add", ["x", "x"], ["y"])
    x, y = (onnx.helper.make_tensor_value_info(name, 1, [2, 3]) for name in "xy")
    graph = onnx.helper.make_graph([node], "double", [x], [y])
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 13)])
    model.ir_version = 8
    onnx.save(model, path)
    return ort.InferenceSession(path, providers=["CPUExecutionProvider"])


@pytest.fixture(scope="module")
def openvino() -> Any:
    return pytest.importorskip("openvino", reason="openvino is not installed")


class TestTorch:
    @pytest.mark.parametrize("dtype", DTYPES)
    def test_every_dtype_travels_both_ways(self, torch: Any, dtype: str) -> None:
        tensor = tensor_of(filled(dtype, 3, 5))
        there = torch.from_dlpack(tensor)
        assert str(there.dtype) == f"torch.{dtype}"
        assert there.data_ptr() == address(tensor)
        back = ef.Tensor.from_dlpack(there)
        assert (back.dtype, back.shape) == (dtype, [3, 5])
        assert address(back) == address(tensor)
        assert np.array_equal(back.numpy(), filled(dtype, 3, 5))

    def test_writes_are_seen_on_both_sides(self, torch: Any) -> None:
        source = torch.arange(12.0).reshape(3, 4)
        tensor = ef.from_dlpack(source, copy=False)
        source[1, 2] = -1
        assert tensor.numpy()[1, 2] == -1
        torch.from_dlpack(tensor).mul_(2)
        assert source[1, 2] == -2

    def test_capsules_of_both_sides(self, torch: Any) -> None:
        tensor = tensor_of(filled("int32", 4))
        there = torch.utils.dlpack.from_dlpack(tensor.__dlpack__())
        assert there.data_ptr() == address(tensor)
        capsule = torch.utils.dlpack.to_dlpack(there)
        assert address(ef.from_dlpack(capsule)) == address(tensor)
        with pytest.raises(ef.InvalidArgumentError, match="consumed once"):
            ef.from_dlpack(capsule)

    def test_padded_rows_keep_their_strides(self, torch: Any) -> None:
        image = ef.Tensor.image(5, 4, ef.PixelFormat.Rgb, MEM, row_stride=32)
        there = torch.from_dlpack(image)
        assert there.stride() == (32, 3, 1)
        there[3, 4, 2] = 200
        assert image.numpy()[3, 4, 2] == 200

    def test_permuted_tensors_are_copied(self, torch: Any) -> None:
        source = torch.arange(24).reshape(2, 3, 4).permute(2, 0, 1)
        assert np.array_equal(ef.from_dlpack(source).numpy(), source.numpy())
        with pytest.raises(BufferError):
            ef.from_dlpack(source, copy=False)
        channels_last = torch.zeros(1, 3, 4, 5).to(memory_format=torch.channels_last)
        assert ef.from_dlpack(channels_last).shape == [1, 3, 4, 5]

    def test_empty_tensors_travel_both_ways(self, torch: Any) -> None:
        tensor = ef.from_dlpack(torch.zeros(0, 3))
        assert torch.from_dlpack(tensor).shape == (0, 3)

    def test_what_tensors_cannot_be_is_refused(self, torch: Any) -> None:
        for source in (torch.zeros(2, dtype=torch.bfloat16), torch.zeros(2, dtype=torch.bool)):
            with pytest.raises(ef.ExchangeError, match="dtype"):
                ef.from_dlpack(source)
        with pytest.raises(ef.InvalidShapeError, match="0 axes"):
            ef.from_dlpack(torch.tensor(1.0))
        with pytest.raises(BufferError):
            ef.from_dlpack(torch.zeros(2, requires_grad=True))

    def test_either_side_may_go_first(self, torch: Any) -> None:
        there = torch.from_dlpack(tensor_of(filled("float32", 100, 100)))
        here = ef.from_dlpack(torch.from_numpy(filled("float32", 100, 100)))
        gc.collect()
        noise = [torch.zeros(100, 100) for _ in range(16)]
        assert np.array_equal(there.numpy(), here.numpy())
        assert float(there[0, 7]) == 7
        assert noise

    def test_memory_of_a_gpu_is_refused(self, torch: Any) -> None:
        if not torch.cuda.is_available():
            pytest.skip("torch sees no GPU")
        with pytest.raises(ef.ExchangeError, match=r"device 2.*\.cpu\(\)"):
            ef.from_dlpack(torch.zeros(3, device="cuda"))
        pinned = torch.zeros(3).pin_memory()
        assert address(ef.from_dlpack(pinned, copy=False)) == pinned.data_ptr()


class TestOnnxRuntime:
    def test_a_value_lies_in_a_tensors_memory(self, ort: Any) -> None:
        tensor = tensor_of(filled("float32", 2, 3))
        value = ort.OrtValue.ortvalue_from_numpy(tensor.numpy())
        assert value.data_ptr() == address(tensor)
        assert value.shape() == [2, 3]

    def test_values_come_back_by_dlpack(self, ort: Any) -> None:
        value = ort.OrtValue.ortvalue_from_numpy(filled("float32", 2, 3))
        if not hasattr(value, "__dlpack__"):
            pytest.skip("this onnxruntime has no DLPack")
        tensor = ef.from_dlpack(value)
        assert address(tensor) == value.data_ptr()
        del value
        gc.collect()
        assert np.array_equal(tensor.numpy(), filled("float32", 2, 3))

    def test_inference_reads_and_writes_tensors(self, session: Any) -> None:
        source = tensor_of(filled("float32", 2, 3))
        target = ef.Tensor([2, 3], "float32", MEM)
        array = np.zeros((2, 3), np.float32)
        wrapped = ef.Tensor.wrap(array)
        for result in (target, wrapped):
            binding = session.io_binding()
            binding.bind_input("x", "cpu", 0, np.float32, [2, 3], address(source))
            binding.bind_output("y", "cpu", 0, np.float32, [2, 3], address(result))
            session.run_with_iobinding(binding)
            assert np.array_equal(result.numpy(), filled("float32", 2, 3) * 2)
        assert np.array_equal(array, target.numpy())

    def test_inference_takes_an_array_over_a_tensor(self, session: Any) -> None:
        tensor = tensor_of(filled("float32", 2, 3))
        (result,) = session.run(None, {"x": tensor.numpy()})
        assert np.array_equal(ef.Tensor.wrap(result).numpy(), filled("float32", 2, 3) * 2)


class TestOpenVino:
    @pytest.mark.parametrize("dtype", DTYPES)
    def test_a_shared_tensor_lies_in_our_memory(self, openvino: Any, dtype: str) -> None:
        tensor = tensor_of(filled(dtype, 2, 3))
        there = openvino.Tensor(tensor.numpy(), shared_memory=True)
        assert there.data.ctypes.data == address(tensor)
        there.data[1, 2] = 77
        assert tensor.numpy()[1, 2] == 77
        back = ef.Tensor.wrap(there.data)
        assert address(back) == address(tensor)

    def test_a_shared_tensor_keeps_the_memory(self, openvino: Any) -> None:
        there = openvino.Tensor(tensor_of(filled("int32", 100, 100)).numpy(), shared_memory=True)
        gc.collect()
        noise = [np.zeros((100, 100), np.int32) for _ in range(16)]
        assert np.array_equal(there.data, filled("int32", 100, 100))
        assert noise

    def test_inference_reads_and_writes_tensors(self, openvino: Any) -> None:
        ops = openvino.opset13
        x = ops.parameter([2, 3], np.float32, name="x")
        model = openvino.Model([ops.add(x, x)], [x], "double")
        request = openvino.compile_model(model, "CPU").create_infer_request()
        source = tensor_of(filled("float32", 2, 3))
        target = ef.Tensor([2, 3], "float32", MEM)
        request.set_input_tensor(openvino.Tensor(source.numpy(), shared_memory=True))
        request.set_output_tensor(openvino.Tensor(target.numpy(), shared_memory=True))
        request.infer()
        assert np.array_equal(target.numpy(), filled("float32", 2, 3) * 2)
