{{- define "app.name" -}}
{{- required "name: say what the app is called, settlement for instance" .Values.name -}}
{{- end -}}

{{- define "app.full" -}}
{{- printf "%s-%s" .Release.Name (include "app.name" .) | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "app.selector" -}}
app.kubernetes.io/name: {{ include "app.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "app.labels" -}}
{{ include "app.selector" . }}
app.kubernetes.io/part-of: bizops-portal
app.kubernetes.io/version: {{ .Values.image.tag | default .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "app.account" -}}
{{- .Values.serviceAccount.name | default (include "app.full" .) -}}
{{- end -}}

{{- define "app.image" -}}
{{- $image := .Values.image -}}
{{- $repository := required "image.repository: say which image the app is" $image.repository -}}
{{- if $image.digest -}}{{ $repository }}@{{ $image.digest }}{{- else -}}{{ $repository }}:{{ $image.tag | default .Chart.AppVersion }}{{- end -}}
{{- end -}}
