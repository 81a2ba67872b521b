"""The host: login, navigation, composition and routing. It knows no word of anybody's business."""
