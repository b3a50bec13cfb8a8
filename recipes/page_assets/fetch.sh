#!/usr/bin/env bash
# Copy files of npm packages, licences included, to where vendor.tsv names them: ./fetch.sh
set -euo pipefail
cd "$(dirname "$0")/../../workflow/seqcast/report/assets/vendor"
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
tail -n +2 vendor.tsv | while IFS=$'\t' read -r package version _ file name _; do
    folder=$work/$package-$version
    if [ ! -d "$folder" ]; then
        mkdir "$folder"
        npm pack --silent --pack-destination "$folder" "$package@$version" > /dev/null
        tar -xzf "$folder"/*.tgz -C "$folder"
    fi
    cp "$folder/package/$file" "$name"
done
