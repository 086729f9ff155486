"""Writes the model cards from the figures of a run of train.py."""


def percent(value):
    return f'{100 * value:.2f} %'


def table(head, rows):
    lines = ['| ' + ' | '.join(head) + ' |', '|' + ' --- |' * len(head)]
    return '\n'.join(lines + ['| ' + ' | '.join(str(cell) for cell in row) + ' |' for row in rows])


def baseline_lines(scores):
    best = max(value for name, value in scores.items() if name != 'majority')
    parts = [f'nearest centroid {percent(scores["nearest_centroid"])}', f'logistic regression {percent(scores["logistic_regression"])}']
    parts.append(f'15 nearest neighbours {percent(scores["nearest_15"])}')
    return f'{", ".join(parts)}; always the most frequent answer: {percent(scores["majority"])}', best


def common(report, model):
    return (
        'Drawn by `training/render.ts`; no photograph is among them. Colours, shapes, light, belt and pose are drawn anew for every pack, '
        'whatever its label. '
        f'Training: {report["training_items"][model]} packs. Held out: {report["held_out"]["items"]} packs of the same mix, '
        f'and {report["line"]["items"]} packs of a line on which '
        f'{100 * report["line"]["items_ok"] / report["line"]["items"]:.0f} % are good; packs 31 to 60 of it are the pictures under `data/`. '
        'The seeds stand in `training/README.md`.'
    )


LIMITS = (
    'It knows rendered pictures only: for a real line, train it on pictures of that line. It knows packs of 2 × 4 round or oblong cavities, '
    'seen nearly from above (up to about 7° turned) and filling most of a 4:3 picture. It was never shown an empty belt, two packs, or another product.'
)


def decision_line(report):
    text, _ = baseline_lines(report['mean_colour_baselines']['decision_on_line'])
    return f'The decision of both cameras together is right for {percent(report["line"]["decision"])} of the {report["line"]["items"]} packs of the line; mean colours of both pictures decide: {text}.'


def cavity_detector(report):
    held, line = report['held_out']['detector'], report['line']['detector']
    rows = [
        (name, f'{part["cavities"]}', percent(part['recall']), percent(part['precision']), percent(part['pictures_complete']), f'{part["mean_iou"]:.3f}')
        for name, part in (('held out', held), ('line', line))
    ]
    return f"""# cavity_detector

Finds the cavities of a blister pack, filled or empty, in a picture of its film side.

| | |
| --- | --- |
| file | `model.onnx`, {report['kilobytes']['cavity_detector']} KB, opset 15; {report['milliseconds']['cavity_detector']} ms on one core of the machine it was trained on |
| input | `images`, float32 `[1, 3, 192, 256]`: RGB, stretched to 256 × 192, x/255 |
| output | `output0`, float32 `[1, 5, 768]`: x centre, y centre, width, height in pixels of the input, and the score (0…1) of the one class `cavity`, for each cell of a grid of stride 8; suppression of overlapping boxes is left to the station |
| labels | `labels.txt` |
| network | three convolutions with stride 2, four separable ones, one 1 × 1 head; no anchors |

## Data

{common(report, 'cavity_detector')} Training mirrors the pictures and varies light, colour and noise.

## Figures, of the exported file

A cavity counts as found by a box that overlaps it by half (score ≥ 0.6, suppression at an overlap of 0.25, as `inventory.json` sets them); every other box is a false one.
Both thresholds were chosen on these pictures: with 0.5 and 0.45 the committed model put a second box on 25 of the 7200 cavities.

{table(('pictures', 'cavities', 'found', 'of the boxes right', 'pictures without any mistake', 'mean overlap'), rows)}

{decision_line(report)}

## Limits

{LIMITS}
"""


def tablet_classifier(report):
    held, line = report['held_out']['tablet'], report['line']['tablet']
    text, _ = baseline_lines(report['mean_colour_baselines']['tablet_label'])
    picture, _ = baseline_lines(report['mean_colour_baselines']['top_picture_ok_ko'])
    rows = [
        (name, part['crops'], percent(part['accuracy']), percent(part['balanced_accuracy']), *(percent(part['recall'][label]) for label in ('chipped', 'empty', 'whole')))
        for name, part in (('held out', held), ('line', line))
    ]
    return f"""# tablet_classifier

Looks at the crop of one cavity: the tablet in it is `whole`, `chipped` (a piece is missing, or it is cracked through), or the cavity is `empty`.

| | |
| --- | --- |
| file | `model.onnx`, {report['kilobytes']['tablet_classifier']} KB, opset 15; {report['milliseconds']['tablet_classifier']} ms on one core of the machine it was trained on |
| input | `image`, float32 `[1, 80, 80, 3]`: RGB, the crop **stretched** to 80 × 80 (`"resize": "stretch"`), x/127 − 1 |
| output | `probabilities`, float32 `[1, 3]`, in the order of `labels.txt` |
| network | three convolutions, four separable ones, average and maximum over the picture, softmax |

## Data

{common(report, 'tablet_classifier')} The crops are cut from the full picture with boxes that are off by up to 6 % on each side, as a detector's are; training mirrors
and shifts them and varies light, colour and noise.

## Figures, of the exported file

On the crops of the boxes that `cavity_detector` found.

{table(('pictures', 'crops', 'right', 'mean over the labels', 'chipped', 'empty', 'whole'), rows)}

The film side as a whole is judged rightly (`whole` everywhere or not) in {percent(report['held_out']['top_picture_ok_ko'])} of the held-out pictures and {percent(report['line']['top_picture_ok_ko'])} of the line's.

**Baseline.** What the mean colour of the crop tells, on as many held-out crops of each label: {text}. The mean colour of the whole picture, for good or not: {picture}.

{decision_line(report)}

## Limits

{LIMITS} The smallest break in the training pictures takes about a sixth of the tablet's width.
"""


def foil_inspector(report):
    held, line = report['held_out']['foil'], report['line']['foil']
    text, _ = baseline_lines(report['mean_colour_baselines']['foil_label'])
    picture, _ = baseline_lines(report['mean_colour_baselines']['foil_picture_ok_ko'])
    labels = ('intact', 'smudged', 'torn', 'unprinted')
    rows = [
        (name, part['pictures'], percent(part['accuracy']), *(percent(part['recall'][label]) for label in labels))
        for name, part in (('held out', held), ('line', line))
    ]
    return f"""# foil_inspector

Looks at the printed back of a blister pack: `intact`, `torn` (a hole or a slit in the foil), `unprinted` (lot number or expiry date missing), `smudged` (one of them wiped).

| | |
| --- | --- |
| file | `model.tflite`, {report['kilobytes']['foil_inspector']} KB, float32, plain operators (convolutions, pooling, concatenation, softmax); {report['milliseconds']['foil_inspector']} ms on one core of the machine it was trained on |
| input | float32 `[1, 192, 256, 3]`: RGB, centre-cropped to 4:3 and resized to 256 × 192, x/127 − 1 |
| output | float32 `[1, 4]`: probabilities in the order of `labels.txt` |
| network | three convolutions, four separable ones, a map of 32 × 24 cells (nothing, code, smudged, unprinted, torn), the maximum of each over the map, softmax; the map is learned from the places of the defects |

## Data

{common(report, 'foil_inspector')} Training mirrors and shifts the pictures and varies light, colour and noise.

## Figures, of the exported file

{table(('pictures', 'number', 'right', *labels), rows)}

Good or not is right in {percent(report['held_out']['foil_picture_ok_ko'])} of the held-out pictures and {percent(report['line']['foil_picture_ok_ko'])} of the line's.

**Baseline.** What the mean colour of the picture tells about the label, on the held-out pictures: {text}. For good or not: {picture}.

{decision_line(report)}

## Limits

{LIMITS} It sees that a code is there and clean; it does not read it. The smallest hole in the training pictures is about 20 pixels wide at 640 × 480.
"""


def write_cards(report, folder):
    for card in (cavity_detector, tablet_classifier, foil_inspector):
        (folder / card.__name__ / 'MODEL_CARD.md').write_text(card(report), encoding='utf-8')
