"""Trains the three models of the blister line on rendered pictures, exports them, and judges the exported files.

See README.md beside this file for the commands. Everything that is reported is measured on the exported
.tflite and .onnx files, with the preprocessing of the station, on pictures that no training has seen.
"""

import argparse
import contextlib
import io
import json
import math
import os
import time
from pathlib import Path

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '2')
os.environ.setdefault('CUDA_VISIBLE_DEVICES', '')

import numpy as np
from cards import write_cards
from PIL import Image

TABLET_LABELS = ['chipped', 'empty', 'whole']
FOIL_LABELS = ['intact', 'smudged', 'torn', 'unprinted']
FOIL_MARKS = ['nothing', 'code', 'smudged', 'unprinted', 'torn']
DETECTOR_LABELS = ['cavity']

FOIL_SIZE = (256, 192)  # width, height: the camera's 4:3, so a centre crop cuts nothing off
TABLET_SIZE = (80, 80)
DETECTOR_SIZE = (256, 192)
STRIDE = 8
LARGEST_BOX = 96.0  # pixels of the detector's input
SCORE_THRESHOLD = 0.6
NMS_IOU = 0.25  # cavities never overlap


# ---------------------------------------------------------------- pictures, prepared as the station prepares them


def read_picture(path):
    with Image.open(path) as picture:
        return picture.convert('RGB')


def cover(picture, size):
    """Centre crop to the aspect of the model's input, then Lanczos."""
    width, height = picture.size
    scale = max(size[0] / width, size[1] / height)
    crop_width, crop_height = round(size[0] / scale), round(size[1] / scale)
    left, top = (width - crop_width) // 2, (height - crop_height) // 2
    return picture.resize(size, Image.Resampling.LANCZOS, box=(left, top, left + crop_width, top + crop_height))


def stretch(picture, size):
    return picture.resize(size, Image.Resampling.LANCZOS)


def crop(picture, box):
    """The part of a picture inside a box of fractions, at full resolution."""
    width, height = picture.size
    left, top, right, bottom = (math.floor(side * length + 0.5) for side, length in zip(box, (width, height) * 2))
    return picture.crop((max(0, left), max(0, top), min(width, right), min(height, bottom)))


def mobilenet(pixels):
    return np.asarray(pixels, np.float32) / 127.0 - 1.0


def yolo(pixels):
    return np.asarray(pixels, np.float32) / 255.0


def jittered(box, rng, amount=0.06):
    """A box as a detector gives it: never quite the true one."""
    width, height = box[2] - box[0], box[3] - box[1]
    shift = rng.uniform(-amount, amount, 4) * [width, height, width, height]
    return np.clip(np.asarray(box) + shift, 0, 1)


def read_truth(folder):
    items = json.loads((folder / 'truth.json').read_text())
    for item in items:
        item['top']['path'] = folder / 'top' / item['top']['file']
        item['foil']['path'] = folder / 'foil' / item['foil']['file']
    return items


# ---------------------------------------------------------------- networks


def conv(x, filters, stride=1):
    from keras import layers

    x = layers.Conv2D(filters, 3, strides=stride, padding='same', use_bias=False)(x)
    return layers.ReLU()(layers.BatchNormalization(momentum=0.95)(x))


def separable(x, filters, stride=1):
    from keras import layers

    x = layers.DepthwiseConv2D(3, strides=stride, padding='same', use_bias=False)(x)
    x = layers.BatchNormalization(momentum=0.95)(x)
    x = layers.Conv2D(filters, 1, use_bias=False)(x)
    return layers.ReLU()(layers.BatchNormalization(momentum=0.95)(x))


def classifier_head(x, labels):
    """Average and maximum over the picture: a defect may be everywhere, or in one small place."""
    from keras import layers

    area = tuple(x.shape[1:3])
    average = layers.AveragePooling2D(area)(x)
    highest = layers.MaxPooling2D(area)(x)
    x = layers.Flatten()(layers.Concatenate()([average, highest]))
    x = layers.Dropout(0.2)(x)
    return layers.Dense(labels, activation='softmax')(x)


def foil_network(batch=None, with_map=False):
    """A map of what lies where (used alone in training), of which the strongest answer of each kind gives the label."""
    import keras
    from keras import layers

    inputs = keras.Input((FOIL_SIZE[1], FOIL_SIZE[0], 3), batch_size=batch)
    x = conv(inputs, 12, 2)
    x = conv(x, 24, 2)
    x = conv(x, 32)
    x = separable(x, 64, 2)
    x = separable(x, 64)
    x = separable(x, 64)
    x = separable(x, 64)
    places = layers.Conv2D(len(FOIL_MARKS), 1)(x)
    highest = layers.Flatten()(layers.MaxPooling2D(tuple(places.shape[1:3]))(places))
    label = layers.Dense(len(FOIL_LABELS), activation='softmax')(highest)
    return keras.Model(inputs, [label, places] if with_map else label, name='foil_inspector')


def tablet_network(batch=None):
    import keras

    inputs = keras.Input((TABLET_SIZE[1], TABLET_SIZE[0], 3), batch_size=batch)
    x = conv(inputs, 16, 2)
    x = conv(x, 24)
    x = conv(x, 48, 2)
    x = separable(x, 64)
    x = separable(x, 96, 2)
    x = separable(x, 96)
    x = separable(x, 96)
    return keras.Model(inputs, classifier_head(x, len(TABLET_LABELS)), name='tablet_classifier')


def detector_network(batch=None):
    """A grid of stride 8; every cell gives x, y, width, height in pixels of the input, and one score."""
    import keras
    from keras import layers, ops

    width, height = DETECTOR_SIZE
    columns, rows = width // STRIDE, height // STRIDE
    inputs = keras.Input((height, width, 3), batch_size=batch)
    x = conv(inputs, 12, 2)
    x = conv(x, 20, 2)
    x = conv(x, 32, 2)
    x = separable(x, 48)
    x = separable(x, 48)
    x = separable(x, 48)
    x = separable(x, 48)
    x = layers.Conv2D(5, 1, bias_initializer=keras.initializers.Constant([0, 0, 0, 0, -3.0]))(x)
    x = layers.Reshape((rows * columns, 5))(x)
    grid_y, grid_x = np.mgrid[0:rows, 0:columns].astype(np.float32)
    corner = np.stack([grid_x.ravel(), grid_y.ravel()], -1)[None]
    squashed = ops.sigmoid(x)
    centre = (squashed[..., :2] * 3.0 - 1.0 + corner) * STRIDE
    size = squashed[..., 2:4] * LARGEST_BOX
    outputs = layers.Permute((2, 1))(layers.Concatenate()([centre, size, squashed[..., 4:]]))
    return keras.Model(inputs, outputs, name='cavity_detector')


# ---------------------------------------------------------------- training


def augmented(pixels, rng, flip=True):
    """Light, colour and contrast as they vary on a line; mirrored where the picture allows it. Returns 0…255 floats."""
    out = pixels.astype(np.float32)
    count = len(out)
    gain = rng.uniform(0.85, 1.15, (count, 1, 1, 1)) * rng.uniform(0.95, 1.05, (count, 1, 1, 3))
    offset = rng.uniform(-12, 12, (count, 1, 1, 1))
    out = (out - 128) * gain.astype(np.float32) + 128 + offset.astype(np.float32)
    out += rng.standard_normal(out.shape, np.float32) * rng.uniform(0, 4, (count, 1, 1, 1)).astype(np.float32)
    out = np.clip(out, 0, 255)
    if flip:
        for axis in (1, 2):
            chosen = rng.random(count) < 0.5
            out[chosen] = np.flip(out[chosen], axis)
    return out


def shifted(pixels, rng, reach=5):
    """Moves each picture by a few pixels; its border is repeated."""
    out = np.empty_like(pixels)
    height, width = pixels.shape[1:3]
    padded = np.pad(pixels, ((0, 0), (reach, reach), (reach, reach), (0, 0)), mode='edge')
    for index, (dy, dx) in enumerate(rng.integers(0, 2 * reach + 1, (len(pixels), 2))):
        out[index] = padded[index, dy : dy + height, dx : dx + width]
    return out


class Epochs:
    """Batches of one epoch after the other, augmented anew each time."""

    def __init__(self, count, batch, rng):
        self.count, self.batch, self.rng = count, batch, rng
        self.steps = count // batch

    def __iter__(self):
        order = self.rng.permutation(self.count)
        for step in range(self.steps):
            yield order[step * self.batch : (step + 1) * self.batch]


def train(network, epochs, epoch_batches, make_batch, loss, peak_rate=3e-3):
    """Adam with a warm-up and a cosine decay."""
    import keras

    total = epochs * epoch_batches.steps
    rate = keras.optimizers.schedules.CosineDecay(1e-4, total, warmup_target=peak_rate, warmup_steps=total // 12)
    network.compile(optimizer=keras.optimizers.AdamW(rate, weight_decay=1e-4), loss=loss)
    began = time.time()
    for epoch in range(epochs):
        losses = [np.ravel(network.train_on_batch(*make_batch(indices))) for indices in epoch_batches]
        print(f'  {network.name} epoch {epoch + 1}/{epochs}: loss {np.round(np.mean(losses, 0), 4).tolist()}, {time.time() - began:.0f} s', flush=True)
    return network


def foil_map(marks):
    """For each cell of the grid, the index of what lies there."""
    width, height = FOIL_SIZE
    columns, rows = width // STRIDE, height // STRIDE
    places = np.zeros((rows, columns), np.int32)
    for mark in sorted(marks, key=lambda mark: mark['what'] == 'torn'):
        x_min, y_min, x_max, y_max = np.asarray(mark['box']) * [columns, rows, columns, rows]
        over_x = np.clip(np.minimum(np.arange(columns) + 1, x_max) - np.maximum(np.arange(columns), x_min), 0, None)
        over_y = np.clip(np.minimum(np.arange(rows) + 1, y_max) - np.maximum(np.arange(rows), y_min), 0, None)
        shared = over_y[:, None] * over_x[None]
        places[shared >= min(0.35, 0.9 * shared.max())] = FOIL_MARKS.index(mark['what'])
    return places


def foil_losses(weights):
    import keras
    from keras import ops

    def label_loss(target, output):
        target = ops.cast(ops.reshape(target, (-1,)), 'int32')
        return ops.mean(ops.take(weights, target) * keras.losses.sparse_categorical_crossentropy(target, output))

    def map_loss(target, output):
        loss = keras.losses.sparse_categorical_crossentropy(target, output, from_logits=True)
        marked = ops.cast(target > 0, 'float32')
        return ops.sum(loss * marked) / (ops.sum(marked) + 1) + ops.sum(loss * (1 - marked)) / ops.sum(1 - marked)

    return [label_loss, map_loss]


def train_foil(items, seed, epochs):
    rng = np.random.default_rng(seed)
    pictures = np.stack([np.asarray(cover(read_picture(item['foil']['path']), FOIL_SIZE)) for item in items])
    places = np.stack([foil_map(item['foil']['marks']) for item in items])
    labels = np.array([FOIL_LABELS.index(item['foil']['label']) for item in items])
    shares = np.bincount(labels, minlength=len(FOIL_LABELS)) / len(labels)
    weights = np.sqrt(1 / (len(FOIL_LABELS) * shares)).astype(np.float32)

    def batch(indices):
        pixels, wanted = augmented(shifted(pictures[indices], rng, 3), rng, flip=False), places[indices]
        for axis in (1, 2):
            chosen = rng.random(len(indices)) < 0.5
            pixels[chosen], wanted[chosen] = np.flip(pixels[chosen], axis), np.flip(wanted[chosen], axis)
        return mobilenet(pixels), [labels[indices], wanted]

    return train(foil_network(with_map=True), epochs, Epochs(len(pictures), 16, rng), batch, foil_losses(weights))


def train_tablet(items, seed, epochs):
    import keras

    rng = np.random.default_rng(seed)
    pixels, labels = [], []
    for item in items:
        picture = read_picture(item['top']['path'])
        for cavity in item['top']['cavities']:
            # the break is rarer and the hardest to see: it is cut out twice, each time a little differently
            for _ in range(2 if cavity['label'] == 'chipped' else 1):
                pixels.append(np.asarray(stretch(crop(picture, jittered(cavity['box'], rng)), TABLET_SIZE)))
                labels.append(TABLET_LABELS.index(cavity['label']))
    pixels, labels = np.stack(pixels), np.array(labels)
    print(f'  {len(labels)} crops: {dict(zip(TABLET_LABELS, np.bincount(labels).tolist()))}')

    def batch(indices):
        return mobilenet(augmented(shifted(pixels[indices], rng, 2), rng)), labels[indices]

    loss = keras.losses.SparseCategoricalCrossentropy()
    return train(tablet_network(), epochs, Epochs(len(pixels), 64, rng), batch, loss)


def detector_targets(boxes):
    """Per cell: box (pixels), 1 where the cell lies near a box's centre, -1 where it is left open, else 0."""
    width, height = DETECTOR_SIZE
    columns, rows = width // STRIDE, height // STRIDE
    grid_y, grid_x = np.mgrid[0:rows, 0:columns].astype(np.float32)
    x, y = (grid_x.ravel() + 0.5) * STRIDE, (grid_y.ravel() + 0.5) * STRIDE
    target = np.zeros((rows * columns, 5), np.float32)
    for x_min, y_min, x_max, y_max in np.asarray(boxes) * [width, height, width, height]:
        centre_x, centre_y, box_width, box_height = (x_min + x_max) / 2, (y_min + y_max) / 2, x_max - x_min, y_max - y_min
        away = np.maximum(np.abs(x - centre_x) / box_width, np.abs(y - centre_y) / box_height)
        target[(away < 0.5) & (target[:, 4] == 0), 4] = -1
        near = np.maximum(np.abs(x - centre_x), np.abs(y - centre_y)) <= STRIDE
        target[near] = [centre_x, centre_y, box_width, box_height, 1]
    return target


def detector_loss(target, output):
    from keras import ops

    output = ops.transpose(output, (0, 2, 1))
    wanted, box = target[..., 4], target[..., :4]
    score = ops.clip(output[..., 4], 1e-6, 1 - 1e-6)
    positive = ops.cast(wanted > 0.5, 'float32')
    negative = ops.cast(ops.abs(wanted) < 0.5, 'float32')
    found = -positive * (1 - score) ** 2 * ops.log(score) - negative * score**2 * ops.log(1 - score)
    off = ops.sum(ops.abs(output[..., :4] - box), axis=-1) / 4
    close = positive * ops.where(off < 1, 0.5 * off * off, off - 0.5)
    count = ops.maximum(ops.sum(positive), 1.0)
    return (4 * ops.sum(found) + ops.sum(close)) / count


def train_detector(items, seed, epochs):
    rng = np.random.default_rng(seed)
    pictures = np.stack([np.asarray(stretch(read_picture(item['top']['path']), DETECTOR_SIZE)) for item in items])
    boxes = np.array([[cavity['box'] for cavity in item['top']['cavities']] for item in items])

    def batch(indices):
        pixels, wanted = augmented(pictures[indices], rng, flip=False), []
        for row, index in enumerate(indices):
            x_min, y_min, x_max, y_max = boxes[index].T
            if rng.random() < 0.5:
                pixels[row] = pixels[row][:, ::-1]
                x_min, x_max = 1 - x_max, 1 - x_min
            if rng.random() < 0.5:
                pixels[row] = pixels[row][::-1]
                y_min, y_max = 1 - y_max, 1 - y_min
            wanted.append(detector_targets(np.stack([x_min, y_min, x_max, y_max], 1)))
        return yolo(pixels), np.stack(wanted)

    return train(detector_network(), epochs, Epochs(len(pictures), 16, rng), batch, detector_loss)


# ---------------------------------------------------------------- export


def at_batch_one(network, build):
    fixed = build(batch=1)
    fixed.set_weights(network.get_weights())
    return fixed


def export_tflite(network, build, path):
    import tensorflow as tf

    with contextlib.redirect_stdout(io.StringIO()):  # the converter tells every tensor it meets
        path.write_bytes(tf.lite.TFLiteConverter.from_keras_model(at_batch_one(network, build)).convert())


def export_onnx(network, build, path, input_name, output_name, channels_first=False):
    import tensorflow as tf
    import tf2onnx

    fixed = at_batch_one(network, build)
    signature = [tf.TensorSpec(fixed.inputs[0].shape, tf.float32, name=input_name)]

    @tf.function(input_signature=signature)
    def run(image):
        return tf.identity(fixed(image, training=False), name=output_name)

    model, _ = tf2onnx.convert.from_function(
        run, input_signature=signature, opset=15, inputs_as_nchw=[f'{input_name}:0', input_name] if channels_first else None
    )
    names = {model.graph.input[0].name: input_name, model.graph.output[0].name: output_name}
    for node in model.graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]
    model.graph.input[0].name, model.graph.output[0].name = input_name, output_name
    model.graph.name = fixed.name
    model.graph.doc_string = ''
    path.write_bytes(model.SerializeToString())


# ---------------------------------------------------------------- the exported models, as the station runs them


class TfliteModel:
    def __init__(self, path):
        import tensorflow as tf

        self.interpreter = tf.lite.Interpreter(str(path), num_threads=1)
        self.interpreter.allocate_tensors()
        self.input = self.interpreter.get_input_details()[0]['index']
        self.output = self.interpreter.get_output_details()[0]['index']

    def __call__(self, pixels):
        self.interpreter.set_tensor(self.input, pixels[None])
        self.interpreter.invoke()
        return self.interpreter.get_tensor(self.output)[0]


class OnnxModel:
    def __init__(self, path):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(str(path), options, providers=['CPUExecutionProvider'])
        self.input = self.session.get_inputs()[0]
        self.channels_first = self.input.shape[1] == 3

    def __call__(self, pixels):
        pixels = np.ascontiguousarray(pixels.transpose(2, 0, 1) if self.channels_first else pixels)
        return self.session.run(None, {self.input.name: pixels[None]})[0][0]


def overlap(a, b):
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return shared / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared)


def detect(model, picture):
    """Boxes as fractions, 4 decimals, best first."""
    width, height = DETECTOR_SIZE
    x, y, box_width, box_height, scores = model(yolo(stretch(picture, DETECTOR_SIZE)))
    kept = []
    for index in np.argsort(-scores):
        if scores[index] < SCORE_THRESHOLD:
            break
        box = np.array([x[index] - box_width[index] / 2, y[index] - box_height[index] / 2, x[index] + box_width[index] / 2, y[index] + box_height[index] / 2])
        box = np.round(np.clip(box / [width, height, width, height], 0, 1), 4)
        if all(overlap(box, other) <= NMS_IOU for other in kept):
            kept.append(box)
    return kept


def inspect(models, item):
    """What the station sees of one item."""
    top, foil = read_picture(item['top']['path']), read_picture(item['foil']['path'])
    boxes = detect(models['cavity_detector'], top)
    tablets = [TABLET_LABELS[int(np.argmax(models['tablet_classifier'](mobilenet(stretch(crop(top, box), TABLET_SIZE)))))] for box in boxes]
    label = FOIL_LABELS[int(np.argmax(models['foil_inspector'](mobilenet(cover(foil, FOIL_SIZE)))))]
    return {'boxes': boxes, 'tablets': tablets, 'foil': label}


def share(flags):
    return float(np.mean(flags)) if len(flags) else float('nan')


def judge(items, seen):
    """Figures of the three models and of the decision, on one set of items."""
    true_boxes = found_boxes = matched = complete = 0
    overlaps, tablets = [], []
    decisions, tops, foils = [], [], []
    wrong = []
    for item, view in zip(items, seen):
        cavities = item['top']['cavities']
        left = list(range(len(view['boxes'])))
        hits = 0
        for cavity in cavities:
            best = max(left, key=lambda index: overlap(view['boxes'][index], cavity['box']), default=None)
            if best is None or overlap(view['boxes'][best], cavity['box']) < 0.5:
                continue
            left.remove(best)
            hits += 1
            overlaps.append(overlap(view['boxes'][best], cavity['box']))
            tablets.append((cavity['label'], view['tablets'][best]))
        true_boxes += len(cavities)
        found_boxes += len(view['boxes'])
        matched += hits
        complete += hits == len(cavities) == len(view['boxes'])
        top_ok = len(view['tablets']) > 0 and all(label == 'whole' for label in view['tablets'])
        foil_ok = view['foil'] == 'intact'
        tops.append(top_ok == all(cavity['label'] == 'whole' for cavity in cavities))
        foils.append((item['foil']['label'], view['foil']))
        decision = 'OK' if len(view['tablets']) > 0 and top_ok and foil_ok else 'KO'
        decisions.append(decision == item['decision'])
        if not (decisions[-1] and tops[-1] and foils[-1][0] == foils[-1][1]):
            wrong.append(f"{item['item']}: {item['top']['file']} {item['foil']['file']} judged {decision}, foil {view['foil']}, tablets {'+'.join(sorted(label for label in view['tablets'] if label != 'whole')) or 'whole'}")
    recall = {label: share([got == true for true, got in tablets if true == label]) for label in TABLET_LABELS}
    return {
        'items': len(items),
        'items_ok': sum(item['decision'] == 'OK' for item in items),
        'detector': {'cavities': true_boxes, 'recall': matched / true_boxes, 'precision': matched / max(1, found_boxes), 'pictures_complete': complete / len(items), 'mean_iou': share(overlaps)},
        'tablet': {'crops': len(tablets), 'accuracy': share([true == got for true, got in tablets]), 'balanced_accuracy': share(list(recall.values())), 'recall': recall},
        'foil': {
            'pictures': len(foils),
            'accuracy': share([true == got for true, got in foils]),
            'recall': {label: share([got == true for true, got in foils if true == label]) for label in FOIL_LABELS},
        },
        'top_picture_ok_ko': share(tops),
        'foil_picture_ok_ko': share([(true == 'intact') == (got == 'intact') for true, got in foils]),
        'decision': share(decisions),
        'wrong': wrong,
    }


# ---------------------------------------------------------------- what mean colours alone can tell


def mean_colours(items):
    out = []
    for item in items:
        top, foil = (np.asarray(read_picture(item[camera]['path']), np.float32) for camera in ('top', 'foil'))
        height, width = top.shape[:2]
        crops = []
        for cavity in item['top']['cavities']:
            x_min, y_min, x_max, y_max = cavity['box']
            crops.append(top[int(y_min * height) : int(y_max * height), int(x_min * width) : int(x_max * width)].mean((0, 1)))
        out.append({'means': [top.mean((0, 1)), foil.mean((0, 1))], 'crop_means': crops})
    return out


def equal_shares(features, labels, seed):
    """As many examples of each label."""
    rng = np.random.default_rng(seed)
    labels = np.array(labels)
    least = min(np.sum(labels == label) for label in set(labels.tolist()))
    chosen = np.concatenate([rng.permutation(np.flatnonzero(labels == label))[:least] for label in sorted(set(labels.tolist()))])
    return np.stack(features)[chosen], labels[chosen]


def baselines(train_items, train_colours, held_items, held_colours, line_items, line_colours):
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_score
    from sklearn.neighbors import KNeighborsClassifier, NearestCentroid
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    kinds = {
        'nearest_centroid': lambda: make_pipeline(StandardScaler(), NearestCentroid()),
        'logistic_regression': lambda: make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000)),
        'nearest_15': lambda: make_pipeline(StandardScaler(), KNeighborsClassifier(15)),
    }

    def trained(x, y, held_x, held_y):
        scores = {name: float(make().fit(x, y).score(held_x, held_y)) for name, make in kinds.items()}
        scores['majority'] = max(np.mean(np.array(held_y) == label) for label in set(np.array(held_y).tolist()))
        return scores

    def crops_of(items, colours):
        return (
            [mean for view in colours for mean in view['crop_means']],
            [cavity['label'] for item in items for cavity in item['top']['cavities']],
        )

    def foil_of(items, colours):
        return np.stack([view['means'][1] for view in colours]), [item['foil']['label'] for item in items]

    def picture(items, colours, camera):
        x = np.stack([view['means'][camera] for view in colours])
        if camera == 0:
            return x, [all(cavity['label'] == 'whole' for cavity in item['top']['cavities']) for item in items]
        return x, [item['foil']['label'] == 'intact' for item in items]

    # the decision: learned and judged by cross-validation on the line itself, so that the share of good items is known to it
    x = np.stack([np.concatenate(view['means']) for view in line_colours])
    y = np.array([item['decision'] for item in line_items])
    decision = {name: float(cross_val_score(make(), x, y, cv=5).mean()) for name, make in kinds.items()}
    decision['majority'] = float(max(np.mean(y == label) for label in ('OK', 'KO')))
    return {
        'tablet_label': trained(*equal_shares(*crops_of(train_items, train_colours), 0), *equal_shares(*crops_of(held_items, held_colours), 0)),
        'foil_label': trained(*foil_of(train_items, train_colours), *foil_of(held_items, held_colours)),
        'top_picture_ok_ko': trained(*picture(train_items, train_colours, 0), *picture(held_items, held_colours, 0)),
        'foil_picture_ok_ko': trained(*picture(train_items, train_colours, 1), *picture(held_items, held_colours, 1)),
        'decision_on_line': decision,
    }


# ---------------------------------------------------------------- command line

MODELS = {
    'foil_inspector': {'file': 'model.tflite', 'labels': FOIL_LABELS, 'train': train_foil, 'epochs': 30},
    'tablet_classifier': {'file': 'model.onnx', 'labels': TABLET_LABELS, 'train': train_tablet, 'epochs': 14},
    'cavity_detector': {'file': 'model.onnx', 'labels': DETECTOR_LABELS, 'train': train_detector, 'epochs': 24},
}


def export(name, network, path):
    if name == 'foil_inspector':
        export_tflite(network, foil_network, path)
    elif name == 'tablet_classifier':
        export_onnx(network, tablet_network, path, 'image', 'probabilities')
    else:
        export_onnx(network, detector_network, path, 'images', 'output0', channels_first=True)


def load(folder):
    return {name: (TfliteModel if model['file'].endswith('.tflite') else OnnxModel)(folder / name / model['file']) for name, model in MODELS.items()}


def timing(models):
    """Median milliseconds of one call on one thread."""
    shapes = {'foil_inspector': FOIL_SIZE, 'tablet_classifier': TABLET_SIZE, 'cavity_detector': DETECTOR_SIZE}
    out = {}
    for name, model in models.items():
        pixels = np.zeros((shapes[name][1], shapes[name][0], 3), np.float32)
        times = []
        for _ in range(120):
            began = time.perf_counter()
            model(pixels)
            times.append((time.perf_counter() - began) * 1000)
        out[name] = round(float(np.median(times)), 2)
    return out


def main():
    here = Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--train', type=Path, nargs='+', required=True, metavar='DIR', help='rendered with --mix balanced; several folders are put together')
    parser.add_argument('--held', type=Path, required=True, metavar='DIR', help='rendered with --mix balanced and another seed: judges the models')
    parser.add_argument('--line', type=Path, required=True, metavar='DIR', help='rendered with --mix line and a third seed: judges the decisions')
    parser.add_argument('--models', type=Path, default=here.parent / 'models', metavar='DIR', help='where the models are written (default: ../models)')
    parser.add_argument('--only', choices=[*MODELS, 'none'], nargs='*', default=list(MODELS), help='train only these; "none": judge what is there')
    parser.add_argument('--epochs-factor', type=float, default=1.0, help='shorter (0.1) or longer training')
    parser.add_argument('--seed', type=int, default=7)
    parser.add_argument('--threads', type=int, default=2)
    options = parser.parse_args()

    import keras
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(options.threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    tf.config.experimental.enable_op_determinism()

    report_file = here / 'report.json'
    trained_on = json.loads(report_file.read_text())['training_items'] if report_file.exists() else {}
    train_items = [item for folder in options.train for item in read_truth(folder)]
    for name, model in MODELS.items():
        if name not in options.only:
            continue
        print(f'{name}: {len(train_items)} items', flush=True)
        keras.utils.set_random_seed(options.seed)
        network = model['train'](train_items, options.seed, max(1, round(model['epochs'] * options.epochs_factor)))
        folder = options.models / name
        folder.mkdir(parents=True, exist_ok=True)
        export(name, network, folder / model['file'])
        trained_on[name] = len(train_items)
        (folder / 'labels.txt').write_text('\n'.join(model['labels']) + '\n')
        print(f"  {(folder / model['file']).stat().st_size / 1024:.0f} KB, {network.count_params()} parameters", flush=True)

    models = load(options.models)
    held_items, line_items = read_truth(options.held), read_truth(options.line)
    report = {
        'held_out': judge(held_items, [inspect(models, item) for item in held_items]),
        'line': judge(line_items, [inspect(models, item) for item in line_items]),
        'milliseconds': timing(models),
        'kilobytes': {name: round((options.models / name / model['file']).stat().st_size / 1024) for name, model in MODELS.items()},
        'training_items': trained_on,
    }
    colours = [mean_colours(items) for items in (train_items, held_items, line_items)]
    report['mean_colour_baselines'] = baselines(train_items, colours[0], held_items, colours[1], line_items, colours[2])
    write_cards(report, options.models)
    text = json.dumps(report, indent=2, default=float)
    report_file.write_text(text + '\n')
    print(text)


if __name__ == '__main__':
    main()
