#!/bin/sh
# Makes the bundled media of the demo again: `clip.mp4`, `pictures/*.jpg` and `wall/*.mp4`. Needs ffmpeg with libx264; the demo itself needs neither.
#
# The clip is 8 s long on purpose: 200 pictures at 25 a second and 375 AAC frames at 48 kHz are both exactly 8 s, so a loop that is shifted by
# 8 s leaves no hole in either track. A group of pictures is one second (a join never waits longer) and a fragment is 200 ms (the live edge
# is never further away). The tone fades in and out at the ends, so that the seam is not heard. The encoder makes one AAC frame more than it is
# given (its priming), so it is given 374 x 1024 samples; `setts` counts that frame from zero, so that both tracks begin at 0.
set -eu
cd "$(dirname "$0")"

ffmpeg -hide_banner -loglevel warning -y \
  -f lavfi -i 'testsrc2=size=640x360:rate=25:duration=8' \
  -f lavfi -i 'sine=frequency=330:beep_factor=4:sample_rate=48000:duration=9' \
  -af 'atrim=end_sample=382976,volume=0.5,afade=in:d=0.1,afade=out:start_time=7.8:duration=0.1' \
  -c:v libx264 -preset veryslow -profile:v high -pix_fmt yuv420p -crf 27 -maxrate 800k -bufsize 400k \
  -bf 0 -g 25 -keyint_min 25 -sc_threshold 0 \
  -c:a aac -b:a 64k -ac 1 -bsf:a setts=ts=N*1024 \
  -map_metadata -1 -fflags +bitexact -flags:v +bitexact -flags:a +bitexact \
  -movflags cmaf+frag_keyframe -frag_duration 200000 -f mp4 clip.mp4

# Four seconds of pictures at eight a second, each a file of its own: the publisher posts them one by one.
mkdir -p pictures
ffmpeg -hide_banner -loglevel warning -y -f lavfi -i 'testsrc2=size=320x180:rate=8:duration=4,format=yuvj420p' -q:v 6 \
  -map_metadata -1 -fflags +bitexact -flags:v +bitexact pictures/%02d.jpg

# What the wall shows: small clips of the same make, 8 s of 120 pictures each, as sixteen are to be decoded at once.
mkdir -p wall
wall() {
  ffmpeg -hide_banner -loglevel warning -y -f lavfi -i "$2" -f lavfi -i "sine=frequency=$3:beep_factor=3:sample_rate=48000:duration=9" \
    -vf 'trim=duration=8,format=yuv420p' \
    -af 'atrim=end_sample=382976,volume=0.4,afade=in:d=0.1,afade=out:start_time=7.8:duration=0.1' \
    -c:v libx264 -preset veryslow -profile:v main -crf 29 -maxrate 100k -bufsize 50k \
    -bf 0 -g 15 -keyint_min 15 -sc_threshold 0 \
    -c:a aac -b:a 24k -ac 1 -bsf:a setts=ts=N*1024 \
    -map_metadata -1 -fflags +bitexact -flags:v +bitexact -flags:a +bitexact \
    -movflags cmaf+frag_keyframe -frag_duration 200000 -f mp4 "wall/$1.mp4"
}
size='size=320x180:rate=15'
wall spiral "gradients=$size:type=spiral:speed=0.03:nb_colors=5:c0=#ff5f6d:c1=#ffc371:c2=#42d0a6:c3=#5b7cfa:c4=#a56bf5:x0=160:y0=90:x1=320:y1=180" 262
wall linear "gradients=$size:type=linear:speed=0.03:nb_colors=4:c0=#0f2027:c1=#1f6f8b:c2=#74ebd5:c3=#acb6e5" 294
wall circular "gradients=$size:type=circular:speed=0.03:nb_colors=4:c0=#240b36:c1=#c31432:c2=#ff9966:c3=#5a1846:x0=160:y0=90:x1=320:y1=90" 330
wall fractal "mandelbrot=$size:start_scale=0.8:end_scale=0.02:end_pts=180:maxiter=600" 349
wall life 'life=size=80x45:rate=15:mold=12:ratio=0.3:death_color=#12304f:life_color=#ffd479:mold_color=#0a1020:seed=5,scale=320:180:flags=neighbor' 392
wall bars "smptehdbars=$size:duration=8,hue=H=0.4*t" 440
