"""VGG42 with shift-invariant pooling (Fonseca, Ferraro and Serra 2021): 4.9 M parameters.

"4" blocks of two convolutions, width factor "2". Where blocks meet, instead of a max-pool with
stride: a dense max, a trainable low-pass filter (TLPF), and adaptive polyphase sampling (APS): of
the four grids of every second frame and band, the one that has the largest l1 norm is kept. A shift
of the input by a frame or a band then moves the grid along rather than changing what is kept.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, pad

from ml_worker.models.vgg_like import conv_block

N_FRONT, WIDTHS = 64, (96, 128, 256, 512)
FILTER_SIZE = 5


class Vgg42(nn.Module):
    """Conv 64, 4 blocks of 2 x conv (96, 128, 256, 512), mean over bands, max over time, dense.

    Input (n, 1, n_frames, n_bands), output logits (n, n_classes).
    """

    def __init__(self, n_classes: int) -> None:
        """Make the network for ``n_classes`` outputs."""
        super().__init__()
        stages: list[nn.Module] = [conv_block(1, N_FRONT)]
        n_in = N_FRONT
        for width in WIDTHS[:-1]:
            # The max in between smooths without making the maps smaller.
            smooth = nn.MaxPool2d(kernel_size=3, stride=1, padding=1)
            stages += [conv_block(n_in, width), smooth, conv_block(width, width)]
            stages.append(InvariantPool(width))
            n_in = width
        stages += [conv_block(n_in, WIDTHS[-1]), conv_block(WIDTHS[-1], WIDTHS[-1])]
        self.maps = nn.Sequential(*stages)
        self.head = nn.Linear(WIDTHS[-1], n_classes)

    def forward(self, patches: Tensor) -> Tensor:
        """Return logits."""
        return self.head(self.maps(patches).mean(dim=3).amax(dim=2))


class InvariantPool(nn.Module):
    """Halve time and frequency: dense max 2x2, trainable low-pass 5x5, polyphase sampling.

    An odd size is first made even by repeating the last frame or band.
    """

    def __init__(self, n_maps: int) -> None:
        """Make the pool for ``n_maps`` maps, each with a filter of its own."""
        super().__init__()
        # A softmax makes the weights of a filter positive with sum 1; equal ones to begin with.
        self.filter_logits = nn.Parameter(torch.randn(n_maps, FILTER_SIZE**2) * 0.01)
        self.dense_max = nn.MaxPool2d(kernel_size=2, stride=1)

    def forward(self, maps: Tensor) -> Tensor:
        """Return maps of half the size, rounded up."""
        n_maps = maps.shape[1]
        maxima = self.dense_max(pad(maps, (0, 1, 0, 1), mode="replicate"))
        filters = self.filter_logits.softmax(dim=1).view(n_maps, 1, FILTER_SIZE, FILTER_SIZE)
        smooth = conv2d(maxima, filters, padding=FILTER_SIZE // 2, groups=n_maps)
        odd_time, odd_bands = smooth.shape[2] % 2, smooth.shape[3] % 2
        return strongest_phase(pad(smooth, (0, odd_bands, 0, odd_time), mode="replicate"))


def strongest_phase(maps: Tensor) -> Tensor:
    """Return, of each example's four grids of every second frame and band, the one of largest norm.

    ``maps`` (n, c, t, f) with even t and f gives (n, c, t / 2, f / 2).
    """
    phases = torch.stack([maps[:, :, i::2, j::2] for i in (0, 1) for j in (0, 1)], dim=1)
    norms = phases.abs().sum(dim=(2, 3, 4), dtype=torch.float32)
    return phases[torch.arange(len(maps), device=maps.device), norms.argmax(dim=1)]
