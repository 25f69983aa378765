#!/bin/sh
# Makes the JPEG files beside it: one picture in every way of coding that a photo may come in.
# Needs python3, and from Debian libjpeg-turbo-progs and imagemagick. The files are kept, so tests need none of these.
set -eu
cd "$(dirname "$0")"
trap 'rm -f picture.ppm' EXIT
python3 - > picture.ppm <<'PYTHON'
import math, sys
w, h = 93, 61
def pixel(x, y):
    red = 128 + 100 * math.sin(x / 9) * math.cos(y / 13)
    green = 255 * x / w
    blue = 255 * y / h + (40 if (x // 6 + y // 6) % 2 else 0)
    if (x - 60) ** 2 + (y - 25) ** 2 < 150:
        red, green, blue = 230, 40, 60
    if 10 <= x < 30 and 35 <= y < 50:
        red = green = blue = 8 * ((x + y) % 24)
    return bytes(max(0, min(255, int(c))) for c in (red, green, blue))
sys.stdout.buffer.write(b"P6 %d %d 255\n" % (w, h) + b"".join(pixel(x, y) for y in range(h) for x in range(w)))
PYTHON
make() { name=$1; shift; cjpeg -quality 90 "$@" -outfile "$name.jpg" picture.ppm; }
for sampling in 1x1 2x1 1x2 2x2 4x1; do make "plain-$sampling" -sample $sampling; done
make optimized -optimize -sample 2x2
make gray -grayscale
make restarts -sample 2x2 -restart 3B
make restarts-gray -grayscale -restart 2B
make coarse -quality 15 -sample 2x2
make rgb -rgb
make progressive -progressive -sample 2x2
make arithmetic -arithmetic -sample 2x2
convert-im6.q16 picture.ppm -colorspace CMYK -quality 90 cmyk.jpg
convert-im6.q16 picture.ppm -strip -quality 90 -sampling-factor 2x2,2x1,1x1 odd-sampling.jpg
printf '0;\n1;\n2;\n' > scans.txt
make scans -sample 2x2 -scans scans.txt
rm scans.txt
