export class Image {
    width() {
        return 4;
    }

    height() {
        return 3;
    }
}
