def run(args):
    return ""
