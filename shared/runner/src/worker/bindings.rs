//! What wasmtime generates from `shared/wit`.

wasmtime::component::bindgen!({
    path: "../wit",
    world: "app",
    imports: { default: trappable },
    with: {
        "vision:app/tensors.tensor": crate::worker::host::HeldTensor,
        "vision:app/images.image": crate::worker::host::HeldImage,
        "vision:app/inference.model": crate::worker::host::HeldModel,
    },
});
