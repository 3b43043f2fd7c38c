"""The forms, by WTForms: labels, errors, and what was typed. What an answer means is the rules' business."""
